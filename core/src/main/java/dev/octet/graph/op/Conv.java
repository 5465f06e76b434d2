package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution (cross-correlation) over any number of spatial axes.
///
/// Inputs x `[N, C, D…]`, weights `[M, C/group, k…]`, bias? `[M]`; output `[N, M, out…]`.
public record Conv(Window window, int group) implements Op {
    public Conv {
        if (group < 1) {
            throw Inference.mismatch("attribute group", "at least 1", group);
        }
    }

    public static Conv of(Attributes attributes) {
        return new Conv(Window.of(attributes), attributes.getInt("group", 1));
    }

    @Override
    public String type() {
        return "Conv";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().put("group", (long) group).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        inference.type(1);
        Operands.requireSame(inference, 1, "weights", dtype);
        Operands.requireSame(inference, 2, "bias", dtype);
        PartialShape weights = inference.shape(1);
        PartialShape y = Convolution.outputShape(window, group, inference.shape(0), weights);
        Operands.requireVector(inference, 2, "bias", weights == null ? Dim.UNKNOWN : weights.dim(0));
        inference.output(0, dtype, y);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofWindows(operands, results, results.getFirst(), 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor weights = Operands.get(inputs, 1);
        Tensor bias = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        Convolution.of(window, group, x.shape(), weights.shape())
                .run(
                        x,
                        weights,
                        (channel, start, sums) -> {
                            double shift = bias == null ? 0 : bias.getDouble(channel);
                            for (int i = 0; i < sums.length; i++) {
                                sums[i] += shift;
                            }
                            Elements.write(sums, y, start, sums.length);
                        });
    }
}
