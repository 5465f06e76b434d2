package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Picks entries of an axis by index. Inputs x, indices (INT32 or INT64; negative ones count from the end).
public record Gather(int axis) implements Op {
    public static Gather of(Attributes attributes) {
        return new Gather(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "Gather";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
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
