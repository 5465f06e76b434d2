package dev.octet.cli;

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

    /// @param reason as it holds for several nodes
    record Group(String operator, boolean quantized, String reason) {}

    /// How many nodes each group has, in the order of the first of each.
    static Map<Group, Integer> of(List<Decision> decisions) {
        Map<Group, Integer> groups = new LinkedHashMap<>();
        for (Decision decision : decisions) {
            String reason = decision.reason().replaceAll(" ?'[^']*'", "").strip();
            groups.merge(new Group(decision.node().op().type(), decision.quantized(), reason), 1, Integer::sum);
        }
        return groups;
    }

    /// What multiplies, and so takes the time, but stays in float: a line for each operator and reason.
    static List<String> productsInFloat(List<Decision> decisions) {
        return of(decisions).entrySet().stream()
                .filter(e -> !e.getKey().quantized() && PRODUCTS.contains(e.getKey().operator()))
                .map(e -> e.getValue() + " " + e.getKey().operator() + ": " + e.getKey().reason())
                .toList();
    }
}
