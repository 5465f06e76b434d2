package dev.octet.cli;

import dev.octet.graph.Node;
import dev.octet.quantize.Decision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Decisions about nodes, those of one operator with one reason together.
final class DecisionGroups {
    private static final Set<String> PRODUCTS =
            Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN", "Attention");

    private DecisionGroups() {}

    /// What a node is computed in.
    interface Form {
        String of(Node node, boolean quantized);
    }

    /// @param reason as it holds for several nodes
    record Group(String operator, String form, String reason) {}

    /// How many nodes each group has, in the order of the first of each.
    static Map<Group, Integer> of(List<Decision> decisions, Form form) {
        Map<Group, Integer> groups = new LinkedHashMap<>();
        for (Decision decision : decisions) {
            String reason = decision.reason().replaceAll(" ?'[^']*'", "").strip();
            Node node = decision.node();
            String computed = form.of(node, decision.quantized());
            groups.merge(new Group(node.op().type(), computed, reason), 1, Integer::sum);
        }
        return groups;
    }

    /// What multiplies, and so takes the time, but stays in float: a line for each operator and reason.
    static List<String> productsInFloat(List<Decision> decisions) {
        List<Decision> left =
                decisions.stream().filter(d -> !d.quantized() && PRODUCTS.contains(d.node().op().type())).toList();
        return of(left, (_, _) -> "float").entrySet().stream()
                .map(e -> e.getValue() + " " + e.getKey().operator() + ": " + e.getKey().reason())
                .toList();
    }
}
