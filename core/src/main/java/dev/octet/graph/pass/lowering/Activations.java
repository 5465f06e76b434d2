package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Element-wise functions around quantizers.
final class Activations {
    private final Rewriter graph;

    Activations(Rewriter graph) {
        this.graph = graph;
    }

    /// The function of a node of one operand, or null if it has none or its bounds are not constant.
    static @Nullable Epilogue function(Rewriter graph, Node node) {
        if (node.op() instanceof Unary unary) {
            return unary.function() == UnaryFunction.NOT ? null : Epilogue.of(unary);
        }
        if (!(node.op() instanceof Clip)) {
            return null;
        }
        Float min = bound(graph, node.input(1), Float.NEGATIVE_INFINITY);
        Float max = bound(graph, node.input(2), Float.POSITIVE_INFINITY);
        return min == null || max == null ? null : Epilogue.clip(min, max);
    }

    /// The constant number that a node combines with a value of at least one axis, or null if it does something else.
    static @Nullable Float scalar(Rewriter graph, Node node, BinaryFunction function, String value) {
        if (!(node.op() instanceof Binary binary) || binary.function() != function) {
            return null;
        }
        Tensor constant = graph.constant(node.input(node.input(0).equals(value) ? 1 : 0));
        if (constant == null || constant.elementCount() != 1 || constant.shape().rank() > 1) {
            return null;
        }
        return constant.dtype() == DType.FLOAT32 ? constant.getFloat(0) : null;
    }

    private static @Nullable Float bound(Rewriter graph, String value, float absent) {
        if (value.isEmpty()) {
            return absent;
        }
        Tensor tensor = graph.constant(value);
        return tensor == null || tensor.elementCount() != 1 || tensor.dtype() != DType.FLOAT32
                ? null
                : tensor.getFloat(0);
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
            Epilogue function = graph.contains(node) ? function(graph, node) : null;
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
