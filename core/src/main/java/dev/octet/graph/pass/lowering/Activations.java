package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
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
            if (limits(function)
                    && (isBefore(node, low(function), high(function))
                            || isBehind(node, low(function), high(function)))) {
                graph.redirect(node.output(), node.input(0));
                graph.remove(node);
            }
        }
    }

    /// `Q(Clip(x))` becomes `Clip(Q(x))`, on integers: quantization keeps order, so both are the same. Whatever
    /// computes x is followed by its quantizer then.
    void limitIntegers() {
        for (Node node : graph.nodes()) {
            Epilogue function = graph.contains(node) ? EpilogueChain.function(node, graph::constant) : null;
            Node next = function != null && limits(function) ? graph.soleConsumer(node.output()) : null;
            QuantizedValue y = next == null ? null : QuantizedValue.quantizer(graph, next);
            if (function != null && next != null && y != null && y.isActivation()) {
                limitIntegers(node, function, next, y);
            }
        }
    }

    private void limitIntegers(Node node, Epilogue function, Node quantizer, QuantizedValue y) {
        String integers = graph.freshName(node.input(0) + "_quantized");
        graph.declare(integers, y.dtype(), node.input(0));
        List<String> operands = new ArrayList<>(quantizer.inputs());
        operands.set(0, node.input(0));
        graph.remove(node);
        graph.replace(List.of(quantizer), quantizer.withInputs(operands).withOutputs(List.of(integers)));
        String low = bound(node, "_min", y, low(function));
        String high = bound(node, "_max", y, high(function));
        graph.add(
                new Node(node.name(), new Clip(), List.of(integers, low, high), quantizer.outputs(), node.metadata()));
    }

    private String bound(Node node, String suffix, QuantizedValue y, float bound) {
        return graph.addConstant(node.name() + suffix, Tensor.scalar(y.dtype(), y.quantize(bound)));
    }

    private static boolean limits(Epilogue function) {
        return function.function() == UnaryFunction.RELU || function.function() == UnaryFunction.CLIP;
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
