package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.UnaryFunction;
import java.util.List;

/// Element-wise functions around quantizers.
final class Activations {
    private final Rewriter graph;

    Activations(Rewriter graph) {
        this.graph = graph;
    }

    /// Whether integer products may end with the function; the others are no activations, and have no kernels there.
    static boolean isEpilogue(Epilogue function) {
        return switch (function.function()) {
            case RELU, CLIP, LEAKY_RELU, THRESHOLDED_RELU, ELU, CELU, SELU, GELU, MISH -> true;
            case HARD_SIGMOID, HARD_SWISH, SIGMOID, SOFTPLUS, SOFTSIGN, TANH -> true;
            default -> false;
        };
    }

    /// Removes ReLU and Clip where the range of a quantizer behind or before them does the same, exactly.
    void removeRedundant() {
        for (Node node : graph.nodes()) {
            Epilogue function = graph.contains(node) ? EpilogueChain.function(node, graph::constant) : null;
            if (function == null || graph.isOutput(node.output())) {
                continue;
            }
            boolean limits = function.function() == UnaryFunction.RELU || function.function() == UnaryFunction.CLIP;
            if (limits
                    && (isBefore(node, low(function), high(function))
                            || isBehind(node, low(function), high(function)))) {
                graph.redirect(node.output(), node.input(0));
                graph.remove(node);
            }
        }
    }

    private static float low(Epilogue limits) {
        return limits.function() == UnaryFunction.RELU ? 0 : limits.alpha();
    }

    private static float high(Epilogue limits) {
        return limits.function() == UnaryFunction.RELU ? Float.POSITIVE_INFINITY : limits.beta();
    }

    /// Whether all readers quantize the bounds to the ends of their type.
    private boolean isBefore(Node node, float low, float high) {
        List<Node> consumers = graph.consumers(node.output());
        for (Node consumer : consumers) {
            QuantizedValue y = QuantizedValue.quantizer(graph, consumer);
            if (y == null
                    || !y.isPerTensor()
                    || y.quantize(low) != y.dtype().minValue()
                    || y.quantize(high) != y.dtype().maxValue()) {
                return false;
            }
        }
        return !consumers.isEmpty();
    }

    /// Whether the operand is dequantized and can not leave the bounds.
    private boolean isBehind(Node node, float low, float high) {
        QuantizedValue x = QuantizedValue.dequantized(graph, node.input(0));
        return x != null
                && x.isActivation()
                && x.dequantize(x.dtype().minValue()) >= low
                && x.dequantize(x.dtype().maxValue()) <= high;
    }
}
