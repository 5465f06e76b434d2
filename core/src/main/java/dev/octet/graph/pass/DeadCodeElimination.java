package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.StructuredOp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Removes nodes that no output depends on, and constants and stated types that no node uses. Inputs stay, used or not,
/// and optional outputs of a node that nobody reads become absent if they are its last ones.
public record DeadCodeElimination() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Set<String> used = new HashSet<>(OutputNames.of(graph));
        List<Node> fromLast = new ArrayList<>();
        for (Node node : graph.nodes().reversed()) {
            if (node.outputs().stream().anyMatch(used::contains)) {
                node.inputs().stream().filter(i -> !i.isEmpty()).forEach(used::add);
                fromLast.add(trimmed(node, used));
            }
        }
        List<Node> live = fromLast.reversed();
        if (live.equals(graph.nodes()) && isUsed(graph.constants(), used) && isUsed(graph.types(), used)) {
            return graph;
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
        live.forEach(builder::add);
        graph.outputs().forEach(builder::output);
        return builder.build();
    }

    private static boolean isUsed(Map<String, ?> values, Set<String> used) {
        return used.containsAll(values.keySet());
    }

    private static Node trimmed(Node node, Set<String> used) {
        if (!hasOptionalOutputs(node.op())) {
            return node;
        }
        int count = node.outputs().size();
        while (count > 1 && !used.contains(node.outputs().get(count - 1))) {
            count--;
        }
        return count == node.outputs().size() ? node : node.withOutputs(node.outputs().subList(0, count));
    }

    private static boolean hasOptionalOutputs(Op op) {
        return switch (op) {
            // How many outputs a Split has says how it splits; a loop's are those of its body.
            case Split _, DynamicQuantizeLinear _, StructuredOp _, Opaque _ -> false;
            default -> true;
        };
    }
}
