package dev.octet.graph.op;

import dev.octet.graph.Attributes;
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
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
