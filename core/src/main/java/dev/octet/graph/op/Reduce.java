package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reduction over axes: ONNX ReduceSum, ReduceMean, ….
///
/// Inputs x, axes? (INT64); without axes all are reduced, or none if `noopWithEmptyAxes`.
public record Reduce(ReduceFunction function, boolean keepDims, boolean noopWithEmptyAxes) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("keepdims", keepDims).put("noop_with_empty_axes", noopWithEmptyAxes).build();
    }

    @Override
    public int sinceVersion() {
        return function == ReduceFunction.SUM ? 13 : 18;
    }

    public static Reduce of(ReduceFunction function, Attributes attributes) {
        return new Reduce(
                function,
                attributes.getBoolean("keepdims", true),
                attributes.getBoolean("noop_with_empty_axes", false));
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
