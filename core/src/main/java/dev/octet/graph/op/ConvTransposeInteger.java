package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Transposed convolution of 8-bit tensors with INT32 sums: `Σ (x − xZeroPoint)·w`. Inputs x, weights (INT8, as those
/// of [ConvTranspose]), xZeroPoint?. It exists between lowering and running only, and is written to no file.
///
/// @param convolution the extents
public record ConvTransposeInteger(ConvTranspose convolution) implements LoweredOp {
    @Override
    public String type() {
        return "ConvTransposeInteger";
    }

    @Override
    public Attributes attributes() {
        return convolution.attributes();
    }

    @Override
    public void infer(Inference inference) {
        DType xType = Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        Operands.requireSame(inference, 1, "weights", DType.INT8);
        Operands.requireSame(inference, 2, "x_zero_point", xType);
        Operands.requireScalar(inference, 2, "x_zero_point");
        inference.output(0, DType.INT32, convolution.outputShape(inference.shape(0), inference.shape(1)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return convolution.work(operands, results);
    }

    /// The sums are exact in the doubles that the convolution of real numbers adds in.
    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        int[] zeroPoint = AffineParams.zeroPoints(inputs, 2, 1, "zero point of x");
        Tensor x = IntegerSums.centred(Operands.get(inputs, 0), zeroPoint, 0);
        convolution.evaluate(Arrays.asList(x, Operands.get(inputs, 1)), outputs);
    }
}
