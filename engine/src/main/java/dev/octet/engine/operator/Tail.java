package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Transpose;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Nodes that follow a node and are computed with it: `y = transpose(activation(x·factor + bias + residual))`.
///
/// @param bias one element per channel
/// @param residual name of a value shaped as the result, or null
/// @param transpose where the elements are written, or null; it keeps the last axis
/// @param nodes the nodes, in order; the last defines the result
public record Tail(
        float factor,
        @Nullable Tensor bias,
        @Nullable String residual,
        Epilogue activation,
        @Nullable Transpose transpose,
        List<Node> nodes) {
    static final Tail NONE = new Tail(1, null, null, Epilogue.NONE, null, List.of());

    /// Nodes of a chain, which says itself what they compute.
    static Tail of(List<Node> nodes) {
        return new Tail(1, null, null, Epilogue.NONE, null, nodes);
    }

    public Tail {
        nodes = List.copyOf(nodes);
    }
}
