package dev.octet.quantize;

import dev.octet.graph.Node;
import dev.octet.quantize.spec.TensorSpec;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How a quantized node of a prepared graph reads its operands.
///
/// @param activations operands that it reads in integers, with the parameters of their range
/// @param weight its constant weights; null if it has none
/// @param constants small constant operands that are quantized over their own range, in the type of the activations
/// @param sharing whether it only rearranges values, so that its result has its operand's parameters
public record QuantizedNode(
        Node node, Set<String> activations, @Nullable Weight weight, List<String> constants, boolean sharing) {
    public QuantizedNode {
        activations = Set.copyOf(activations);
        constants = List.copyOf(constants);
    }

    /// Constant weights of a node.
    ///
    /// @param value name of the constant
    /// @param channelAxis axis of the output channels where each has a scale; -1 for one scale
    public record Weight(String value, int channelAxis, TensorSpec spec) {}
}
