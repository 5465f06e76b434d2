package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Removes nodes that no output depends on, and constants and stated types that no node uses. Inputs stay, used or not,
/// and outputs of a node that nobody reads become absent if they are its last ones.
public record DeadCodeElimination() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Set<String> used = new HashSet<>(OutputNames.of(graph));
        List<Node> live = new ArrayList<>();
        for (Node node : graph.nodes().reversed()) {
            if (node.outputs().stream().anyMatch(used::contains)) {
                used.addAll(node.inputs());
                live.addFirst(node);
            }
        }
        GraphBuilder builder = new GraphBuilder(graph.name()).metadata(graph.metadata());
        graph.opsets().forEach(builder::opset);
        graph.inputs().forEach(builder::input);
        graph.constants()
                .forEach((name, tensor) -> {
                    if (used.contains(name)) {
                        builder.constant(name, tensor);
                    }
                });
        graph.types()
                .forEach((name, type) -> {
                    if (used.contains(name)) {
                        builder.type(name, type);
                    }
                });
        live.forEach(node -> builder.add(trimmed(node, used)));
        graph.outputs().forEach(builder::output);
        return builder.build();
    }

    private static Node trimmed(Node node, Set<String> used) {
        int count = node.outputs().size();
        while (count > 1 && !used.contains(node.outputs().get(count - 1))) {
            count--;
        }
        return count == node.outputs().size() ? node : node.withOutputs(node.outputs().subList(0, count));
    }
}
