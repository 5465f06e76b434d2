package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Index of the largest or smallest element along an axis: ONNX ArgMax, ArgMin. Output INT64.
public record ArgReduce(boolean max, int axis, boolean keepDims, boolean selectLast) implements Op {
    @Override
    public String type() {
        return max ? "ArgMax" : "ArgMin";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("keepdims", keepDims).put("select_last_index", selectLast).build();
    }

    @Override
    public int sinceVersion() {
        return 12;
    }

    public static ArgReduce of(boolean max, Attributes attributes) {
        return new ArgReduce(
                max,
                attributes.getInt("axis", 0),
                attributes.getBoolean("keepdims", true),
                attributes.getBoolean("select_last_index", false));
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
