package dev.octet.engine;

import dev.octet.engine.UnsupportedOperatorException.Unsupported;
import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.StructuredOp;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds the nodes of a graph that cannot run.
final class SupportCheck {
    private SupportCheck() {}

    /// @throws UnsupportedOperatorException naming all of them, if there is one
    /// @throws GraphException if an input that something reads is of a type that no operator takes
    static void check(Graph graph) {
        List<Unsupported> unsupported = new ArrayList<>();
        findUnknown(graph, unsupported);
        Inferred inferred = ShapeInference.infer(graph);
        for (Node node : graph.nodes()) {
            if (!(node.op() instanceof Opaque)) {
                refusal(node, inferred).ifPresent(reason -> unsupported.add(unsupported(graph, node, reason)));
            }
        }
        if (!unsupported.isEmpty()) {
            throw new UnsupportedOperatorException(graph.name(), unsupported);
        }
        graph.inputs().stream().filter(input -> input.type().isForeign()).forEach(input -> requireUnread(graph, input));
    }

    /// The graph without inputs that nobody can give, which nothing reads.
    static Graph withoutForeignInputs(Graph graph) {
        List<ValueInfo> inputs = graph.inputs().stream().filter(input -> !input.type().isForeign()).toList();
        return inputs.size() == graph.inputs().size() ? graph : graph.toBuilder().inputs(inputs).build();
    }

    private static void requireUnread(Graph graph, ValueInfo input) {
        List<Node> readers = graph.consumers(input.name());
        if (!readers.isEmpty() || graph.isOutput(input.name())) {
            throw new GraphException(
                    "graph '%s': input '%s'%s: expected tensors of numbers or truth values, found %s"
                            .formatted(
                                    graph.name(),
                                    input.name(),
                                    readers.isEmpty() ? "" : " of " + readers.getFirst(),
                                    input.type()));
        }
    }

    /// Refuses operators that Octet does not know, also inside the functions that the graph's nodes have become.
    ///
    /// @throws UnsupportedOperatorException naming all of them, if there is one
    static void requireKnown(Graph graph) {
        List<Unsupported> unsupported = new ArrayList<>();
        findUnknown(graph, unsupported);
        if (!unsupported.isEmpty()) {
            throw new UnsupportedOperatorException(graph.name(), unsupported);
        }
    }

    /// Looks into the graphs inside nodes, too.
    private static void findUnknown(Graph graph, List<Unsupported> unsupported) {
        for (Node node : graph.nodes()) {
            switch (node.op()) {
                case Opaque _ -> unsupported.add(unsupported(graph, node, "Octet does not know this operator"));
                case StructuredOp op -> {
                    for (Attributes.Value attribute : op.attributes().asMap().values()) {
                        if (attribute instanceof GraphValue(Graph body)) {
                            findUnknown(body, unsupported);
                        }
                    }
                }
                default -> {}
            }
        }
    }

    /// Why an operator does not take its operands or attributes.
    private static Optional<String> refusal(Node node, Inferred inferred) {
        // The type of an operand is unknown only after a node that is refused itself.
        Optional<Inference> operands = ShapeInference.operands(node, inferred);
        try {
            operands.ifPresent(node.op()::infer);
            return Optional.empty();
        } catch (UnsupportedOperationException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Unsupported unsupported(Graph graph, Node node, String reason) {
        String domain = node.op().domain();
        String operator = domain.isEmpty() ? node.op().type() : domain + "." + node.op().type();
        return new Unsupported(operator, graph.opsets().getOrDefault(domain, 0), node.name(), reason);
    }
}
