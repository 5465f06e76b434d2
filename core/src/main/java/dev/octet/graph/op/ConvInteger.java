package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution of 8-bit tensors with INT32 result. Inputs x, weights, xZeroPoint?, weightsZeroPoint? (one, or one per
/// output channel). Padding is the zero point.
public record ConvInteger(Window window, int group) implements Op {
    public static ConvInteger of(Attributes attributes) {
        return new ConvInteger(Window.of(attributes), attributes.getInt("group", 1));
    }

    @Override
    public String type() {
        return "ConvInteger";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().put("group", (long) group).build();
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        DType xType = Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        DType wType = Operands.require(inference, 1, "w", AffineParams.EIGHT_BIT);
        Operands.requireSame(inference, 2, "x_zero_point", xType);
        Operands.requireScalar(inference, 2, "x_zero_point");
        Operands.requireSame(inference, 3, "w_zero_point", wType);
        inference.output(
                0, DType.INT32, Convolution.outputShape(window, group, inference.shape(0), inference.shape(1)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofWindows(operands, results, results.getFirst(), 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor w = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        int xZeroPoint = AffineParams.zeroPoints(inputs, 2, 1, "zero point of x")[0];
        int[] wZeroPoints = AffineParams.zeroPoints(inputs, 3, w.shape().dim(0), "zero points of the weights");
        IntegerSums.convolve(
                window, group, Operands.get(inputs, 0), xZeroPoint, w, wZeroPoints, (i, _, sum) -> y.setLong(i, sum));
    }
}
