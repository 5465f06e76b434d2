package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Permutes axes. Output axis `i` is input axis `perm[i]`.
///
/// @param perm empty reverses the axes
public record Transpose(List<Long> perm) implements Op {
    public static Transpose of(Attributes attributes) {
        return new Transpose(attributes.getInts("perm").orElse(List.of()));
    }

    @Override
    public String type() {
        return "Transpose";
    }

    @Override
    public Attributes attributes() {
        return perm.isEmpty() ? Attributes.EMPTY : Attributes.builder().put("perm", perm).build();
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
