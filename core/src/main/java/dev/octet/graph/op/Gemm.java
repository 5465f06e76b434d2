package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `alpha·A'·B' + beta·C` of matrices, primes for the optional transposition. Inputs A `[M, K]`, B `[K, N]`, C? broadcast to `[M, N]`.
public record Gemm(float alpha, float beta, boolean transA, boolean transB) implements Op {
    public static Gemm of(Attributes attributes) {
        return new Gemm(attributes.getFloat("alpha", 1), attributes.getFloat("beta", 1), attributes.getBoolean("transA", false), attributes.getBoolean("transB", false));
    }

    @Override
    public String type() {
        return "Gemm";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("alpha", alpha).put("beta", beta).put("transA", transA).put("transB", transB).build();
    }

    @Override
    public int sinceVersion() {
        return 7;
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
