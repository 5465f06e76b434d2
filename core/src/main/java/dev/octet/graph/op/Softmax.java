package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `exp(x − max) / Σ exp(x − max)` along an axis, or its logarithm.
///
/// @param flattened the rule before opset 13: all axes from `axis` on are normalized together
public record Softmax(int axis, boolean log, boolean flattened) implements Op {
    @Override
    public String type() {
        return log ? "LogSoftmax" : "Softmax";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return flattened ? 1 : 13;
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
