package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Normalizes each channel of each sample over its spatial axes. Inputs x `[N, C, D…]`, scale `[C]`, bias `[C]`.
public record InstanceNormalization(float epsilon) implements Op {
    public static InstanceNormalization of(Attributes attributes) {
        return new InstanceNormalization(attributes.getFloat("epsilon", 1e-5f));
    }

    @Override
    public String type() {
        return "InstanceNormalization";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("epsilon", epsilon).build();
    }

    @Override
    public int sinceVersion() {
        return 6;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        inference.type(1);
        inference.type(2);
        Operands.requireSame(inference, 1, "scale", dtype);
        Operands.requireSame(inference, 2, "bias", dtype);
        PartialShape x = inference.shape(0);
        if (x != null && x.rank() < 3) {
            throw Inference.mismatch("rank of x", "at least 3", x.rank());
        }
        Dim channels = Operands.requireVector(inference, 1, "scale", x == null ? Dim.UNKNOWN : x.dim(1));
        channels = Operands.requireVector(inference, 2, "bias", channels);
        inference.output(0, dtype, x == null ? null : x.with(1, channels));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor scale = Operands.get(inputs, 1);
        Tensor bias = Operands.get(inputs, 2);
        Shape shape = x.shape();
        long channels = shape.dim(1);
        long plane = shape.product(2, shape.rank());
        for (long i = 0; i < shape.dim(0) * channels; i++) {
            Moments moments = Moments.of(x, i * plane, plane);
            double factor = scale.getDouble(i % channels) / Math.sqrt(moments.variance() + epsilon);
            for (long at = i * plane; at < (i + 1) * plane; at++) {
                double value = (x.getDouble(at) - moments.mean()) * factor + bias.getDouble(i % channels);
                outputs.get(0).setDouble(at, value);
            }
        }
    }
}
