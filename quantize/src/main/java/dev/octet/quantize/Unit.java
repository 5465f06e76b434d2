package dev.octet.quantize;

import dev.octet.graph.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Nodes that are quantized as one: an operator and its epilogue, between which nothing is rounded.
///
/// @param nodes the operator, then the epilogue
/// @param roles what the operator's operands are
/// @param activations values that the nodes read in 8 bits; the epilogue's too
/// @param outputs values that the last node defines in 8 bits
record Unit(List<Node> nodes, Roles roles, List<String> activations, List<String> outputs) {
    Unit {
        nodes = List.copyOf(nodes);
        activations = List.copyOf(activations);
        outputs = List.copyOf(outputs);
    }

    /// When a unit is quantized.
    enum Kind {
        /// Multiplies by weights, or two activations: wherever it can be.
        COMPUTE,
        /// Reads rows of a constant table, such as the vectors of words: wherever it can be. Only the table is
        /// quantized; the result is a float.
        LOOKUP,
        /// Has a range of its own, but little work: only between operators that are quantized anyway.
        ELEMENTWISE,
        /// Rearranges or picks values: as element-wise ones, with the parameters of its input.
        SHARING
    }

    /// What the operands of an operator are.
    ///
    /// @param activations values to be read in 8 bits
    /// @param weight constant weights; null if it has none
    /// @param bias name of a constant bias; empty if it has none
    /// @param constants small constant operands that are quantized as they are
    record Roles(Kind kind, List<String> activations, @Nullable Weight weight, String bias, List<String> constants) {
        static Roles of(Kind kind, List<String> activations) {
            return new Roles(kind, activations, null, "", List.of());
        }
    }

    /// Constant weights of an operator.
    ///
    /// @param channelAxis axis of the output channels; -1 if the operator takes one scale only
    record Weight(String value, int channelAxis) {}

    Node anchor() {
        return nodes.getFirst();
    }

    Node last() {
        return nodes.getLast();
    }

    Kind kind() {
        return roles.kind();
    }
}
