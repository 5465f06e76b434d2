package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pooling over all spatial axes: ONNX GlobalMaxPool, GlobalAveragePool. Input `[N, C, D…]`, output `[N, C, 1…]`.
public record GlobalPool(PoolFunction function) implements Op {
    @Override
    public String type() {
        return "Global" + function.type();
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
