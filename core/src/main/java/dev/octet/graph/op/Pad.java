package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Adds elements at the ends of axes, or removes them where a pad is negative. Inputs x, pads (INT64), value?, axes?.
public record Pad(PadMode mode) implements Op {
    public static Pad of(Attributes attributes) {
        return new Pad(attributes.getEnum("mode", PadMode.CONSTANT));
    }

    @Override
    public String type() {
        return "Pad";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("mode", mode).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    /// What is put into the new elements.
    public enum PadMode {
        CONSTANT,
        REFLECT,
        EDGE,
        WRAP
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
