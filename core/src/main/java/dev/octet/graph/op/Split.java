package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Cuts a tensor along an axis. Inputs x, split? (INT64 extents); without it into `numOutputs` equal parts, the last one smaller.
///
/// @param numOutputs 0 for as many as the node names
public record Split(int axis, int numOutputs) implements Op {
    public static Split of(Attributes attributes) {
        return new Split(attributes.getInt("axis", 0), attributes.getInt("num_outputs", 0));
    }

    @Override
    public String type() {
        return "Split";
    }

    @Override
    public Attributes attributes() {
        return splitAttributes();
    }

    @Override
    public int sinceVersion() {
        return 13;
    }

    private Attributes splitAttributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (numOutputs > 0) {
            builder.put("num_outputs", (long) numOutputs);
        }
        return builder.build();
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
