package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `(x − mean)/√(var + ε)·scale + bias` per channel (axis 1), at inference.
///
/// Inputs x, scale, bias, mean, var.
public record BatchNormalization(float epsilon) implements Op {
    public static BatchNormalization of(Attributes attributes) {
        return new BatchNormalization(attributes.getFloat("epsilon", 1e-5f));
    }

    @Override
    public String type() {
        return "BatchNormalization";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("epsilon", epsilon).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        Dim channels = x == null ? Dim.UNKNOWN : x.rank() > 1 ? x.dim(1) : Dim.of(1);
        String[] names = {"x", "scale", "bias", "mean", "var"};
        for (int input = 1; input < names.length; input++) {
            Operands.require(inference, input, names[input], Operands.FLOATING);
            channels = Operands.requireVector(inference, input, names[input], channels);
        }
        inference.output(0, dtype, x != null && x.rank() > 1 ? x.with(1, channels) : x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor scale = Operands.get(inputs, 1);
        Tensor bias = Operands.get(inputs, 2);
        Tensor mean = Operands.get(inputs, 3);
        Tensor variance = Operands.get(inputs, 4);
        Shape shape = x.shape();
        long channels = scale.elementCount();
        long plane = shape.product(Math.min(2, shape.rank()), shape.rank());
        for (long i = 0, at = 0; i < (x.elementCount() == 0 ? 0 : x.elementCount() / plane); i++) {
            long c = i % channels;
            double factor = scale.getDouble(c) / Math.sqrt(variance.getDouble(c) + epsilon);
            for (long e = 0; e < plane; e++, at++) {
                outputs.get(0).setDouble(at, (x.getDouble(at) - mean.getDouble(c)) * factor + bias.getDouble(c));
            }
        }
    }
}
