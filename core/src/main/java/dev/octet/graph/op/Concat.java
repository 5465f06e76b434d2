package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Joins tensors along an axis.
public record Concat(int axis) implements Op {
    public static Concat of(Attributes attributes) {
        return new Concat(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "Concat";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 4;
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
