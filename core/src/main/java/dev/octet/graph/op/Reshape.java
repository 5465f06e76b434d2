package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The same elements in another shape. Inputs x, shape (INT64): -1 is inferred, 0 copies the extent unless `allowZero`.
public record Reshape(boolean allowZero) implements Op {
    public static Reshape of(Attributes attributes) {
        return new Reshape(attributes.getBoolean("allowzero", false));
    }

    @Override
    public String type() {
        return "Reshape";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("allowzero", allowZero).build();
    }

    @Override
    public int sinceVersion() {
        return 14;
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
