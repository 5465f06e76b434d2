package dev.octet.graph.op;

import dev.octet.graph.Attributes;
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
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
