package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Inserts axes of extent 1. Inputs x, axes (INT64), which index the output.
public record Unsqueeze() implements Op {
    public static Unsqueeze of(Attributes attributes) {
        return new Unsqueeze();
    }

    @Override
    public String type() {
        return "Unsqueeze";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 13;
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
