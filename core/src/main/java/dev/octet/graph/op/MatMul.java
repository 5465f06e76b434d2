package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix product with NumPy's rules for batches and vectors. Inputs A `[…, M, K]`, B `[…, K, N]`.
public record MatMul() implements Op {
    public static MatMul of(Attributes attributes) {
        return new MatMul();
    }

    @Override
    public String type() {
        return "MatMul";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
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
