package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Where the nodes of a graph stand in its order, by name.
record NodeOrder(Map<String, Integer> places) {
    /// Found once for a graph: matchers ask at each node.
    static NodeOrder of(Graph graph) {
        return graph.analysis(NodeOrder.class, NodeOrder::find);
    }

    private static NodeOrder find(Graph graph) {
        Map<String, Integer> places = new HashMap<>();
        graph.nodes().forEach(node -> places.put(node.name(), places.size()));
        return new NodeOrder(places);
    }

    int place(Node node) {
        return Objects.requireNonNull(places.get(node.name()), node.name());
    }
}
