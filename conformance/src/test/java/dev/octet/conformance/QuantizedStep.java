package dev.octet.conformance;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The part of a quantized graph that computes one quantized value from others, as a graph of its own.
///
/// Two runtimes that round one element differently drift apart in the layers that follow, so their final results say
/// little about whether both compute the same thing. A step begins at values that both are given, and ends at the next
/// rounding.
///
/// @param value what it computes: 8-bit integers, by QuantizeLinear or by an operator on integers
/// @param inputs what it reads, with the elements they have in a run of the whole graph
record QuantizedStep(String value, Graph graph, Map<String, Tensor> inputs) {
    /// The values at which a graph is cut: those that are quantized, and floats with several readers, which would
    /// otherwise be computed in each reader's step again.
    static Set<String> cuts(Graph graph) {
        Set<String> cuts = new LinkedHashSet<>();
        Inferred inferred = ShapeInference.infer(graph);
        for (Node node : graph.nodes()) {
            boolean shared = node.outputs().size() == 1 && graph.consumers(node.output()).size() > 1;
            if (quantizes(inferred, node) || (shared && !(node.op() instanceof DequantizeLinear))) {
                cuts.add(node.output());
            }
        }
        return cuts;
    }

    /// @param values elements of the [#cuts] and of the graph's inputs in some run
    static List<QuantizedStep> of(Graph graph, Map<String, Tensor> values) {
        List<QuantizedStep> steps = new ArrayList<>();
        Inferred inferred = ShapeInference.infer(graph);
        for (Node node : graph.nodes()) {
            if (quantizes(inferred, node)) {
                steps.add(before(graph, node, values));
            }
        }
        return steps;
    }

    private static boolean quantizes(Inferred inferred, Node node) {
        TypeInfo type = inferred.types().get(node.output());
        return type != null && (type.dtype() == DType.INT8 || type.dtype() == DType.UINT8);
    }

    private static QuantizedStep before(Graph graph, Node last, Map<String, Tensor> values) {
        GraphBuilder builder = new GraphBuilder(last.name());
        graph.opsets().forEach(builder::opset);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        Deque<Node> open = new ArrayDeque<>(List.of(last));
        while (!open.isEmpty()) {
            Node node = open.remove();
            builder.add(node);
            for (String operand : node.inputs()) {
                if (operand.isEmpty() || !seen.add(operand)) {
                    continue;
                }
                Tensor given = values.get(operand);
                if (given != null) {
                    builder.input(operand, given.dtype(), PartialShape.of(given.shape().dims()));
                    inputs.put(operand, given);
                } else if (graph.constant(operand).isPresent()) {
                    builder.constant(operand, graph.constants().get(operand));
                } else {
                    open.add(graph.producer(operand).orElseThrow());
                }
            }
        }
        builder.output(last.output());
        return new QuantizedStep(last.output(), builder.build(), inputs);
    }

    /// How far two results of a step are from each other.
    ///
    /// @param elements how many were compared
    /// @param apart how many of them differ
    /// @param largest difference, in steps of the output's scale
    record Difference(long elements, long apart, int largest) {
        static final Difference NONE = new Difference(0, 0, 0);

        static Difference between(Tensor a, Tensor b) {
            if (a.dtype() != b.dtype() || !a.shape().equals(b.shape()) || a.dtype() == DType.FLOAT32) {
                throw new IllegalArgumentException(
                        "expected integers of one type and shape, found "
                                + a.dtype()
                                + a.shape()
                                + " and "
                                + b.dtype()
                                + b.shape());
            }
            long apart = 0;
            int largest = 0;
            for (long i = 0; i < a.elementCount(); i++) {
                int distance = Math.toIntExact(Math.abs(a.getLong(i) - b.getLong(i)));
                apart += distance == 0 ? 0 : 1;
                largest = Math.max(largest, distance);
            }
            return new Difference(a.elementCount(), apart, largest);
        }

        Difference plus(Difference other) {
            return new Difference(elements + other.elements, apart + other.apart, Math.max(largest, other.largest));
        }
    }
}
