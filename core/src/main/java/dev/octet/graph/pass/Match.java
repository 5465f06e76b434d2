package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a [Pattern] has found so far: the nodes it covers and the values it has named. Immutable, so that alternatives
/// can be tried from the same state.
record Match(Graph graph, Map<String, String> values, List<Node> nodes) {
    static Match empty(Graph graph) {
        return new Match(graph, Map.of(), List.of());
    }

    Match withValue(String name, String value) {
        Map<String, String> extended = new HashMap<>(values);
        extended.put(name, value);
        return new Match(graph, extended, nodes);
    }

    Match withNode(Node node) {
        if (covers(node)) {
            return this;
        }
        List<Node> extended = new ArrayList<>(nodes);
        extended.add(node);
        return new Match(graph, values, extended);
    }

    boolean covers(Node node) {
        return nodes.stream().anyMatch(n -> n.name().equals(node.name()));
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /// The value bound to a name of the pattern.
    String value(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the pattern binds no '" + name + "'");
        }
        return value;
    }

    /// The constant bound to a name of the pattern.
    Tensor constant(String name) {
        return graph.constant(value(name)).orElseThrow();
    }

    /// Whether nothing outside reads what the covered nodes define, except what `root` does.
    boolean isClosed(Node root, Set<String> kept) {
        for (Node node : nodes) {
            for (String output : node.outputs()) {
                boolean rootOutput = output.equals(root.output());
                if (!rootOutput
                        && (kept.contains(output) || !graph.consumers(output).stream().allMatch(this::covers))) {
                    return false;
                }
            }
        }
        return true;
    }
}
