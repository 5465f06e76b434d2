package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reshapes to a matrix: axes before `axis` are the rows.
public record Flatten(int axis) implements Op {
    public static Flatten of(Attributes attributes) {
        return new Flatten(attributes.getInt("axis", 1));
    }

    @Override
    public String type() {
        return "Flatten";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
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
