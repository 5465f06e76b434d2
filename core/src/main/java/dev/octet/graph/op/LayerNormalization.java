package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Normalizes over the axes from `axis` on: `(x − mean)/√(var + ε)·scale + bias`. Inputs x, scale, bias?; outputs y, mean?, inverse standard deviation?.
public record LayerNormalization(int axis, float epsilon) implements Op {
    public static LayerNormalization of(Attributes attributes) {
        return new LayerNormalization(attributes.getInt("axis", -1), attributes.getFloat("epsilon", 1e-5f));
    }

    @Override
    public String type() {
        return "LayerNormalization";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("epsilon", epsilon).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
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
