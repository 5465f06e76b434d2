package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Values that stand for others: collected during a walk, applied at its end.
final class Renaming {
    private final Map<String, String> replacements = new HashMap<>();

    /// Makes `replacement` stand for `value`.
    void replace(String value, String replacement) {
        replacements.put(value, resolve(replacement));
    }

    /// The value that finally stands for this one.
    String resolve(String value) {
        String current = value;
        for (String next = replacements.get(current); next != null; next = replacements.get(current)) {
            current = next;
        }
        return current;
    }

    boolean isEmpty() {
        return replacements.isEmpty();
    }

    Node apply(Node node) {
        List<String> inputs = node.inputs().stream().map(this::resolve).toList();
        List<String> outputs = node.outputs().stream().map(this::resolve).toList();
        return node.withInputs(inputs).withOutputs(outputs);
    }

    /// The graph with these nodes, which name values as they were before.
    Graph apply(Graph graph, List<Node> nodes) {
        if (isEmpty() && nodes.size() == graph.nodes().size()) {
            return graph;
        }
        GraphBuilder builder = graph.toBuilder();
        return builder.nodes(nodes.stream().map(this::apply).toList()).build();
    }
}
