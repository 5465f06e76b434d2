package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Decides what of a fused graph is quantized.
final class Planner {
    private Planner() {}

    /// @param entries values that are quantized although nothing but element-wise operators may read them
    /// @param exits values that are quantized although nothing in 8 bits reads them
    static Plan plan(Graph graph, QuantizationSpec spec, Set<String> entries, Set<String> exits) {
        Inferred inferred = ShapeInference.infer(graph);
        Units units = Units.of(graph, inferred, spec);
        Regions regions = new Regions(units.units(), entries, exits, spec);
        Map<String, Decision> decisions = new HashMap<>();
        regions.quantized().forEach(u -> decide(u, decisions));
        List<Decision> ordered = new ArrayList<>();
        for (Node node : graph.nodes()) {
            String refusal =
                    units.refusals().getOrDefault(node.name(), regions.refusals().getOrDefault(node.name(), ""));
            ordered.add(decisions.getOrDefault(node.name(), new Decision(node, false, refusal)));
        }
        return new Plan(ordered, regions.quantized(), SharedRanges.of(graph, spec, regions));
    }

    private static void decide(Unit unit, Map<String, Decision> decisions) {
        String reason =
                switch (unit.kind()) {
                    case COMPUTE ->
                            unit.roles().weight() == null
                                    ? "multiplies activations in 8 bits"
                                    : "multiplies by weights in 8 bits";
                    case LOOKUP -> "reads a table in 8 bits";
                    case ELEMENTWISE -> "lies between quantized operators";
                    case SHARING -> "passes quantized values on";
                };
        for (Node node : unit.nodes()) {
            boolean anchor = node.equals(unit.anchor());
            decisions.put(node.name(), new Decision(node, true, anchor ? reason : "joins " + unit.anchor()));
        }
        assert unit.kind() != Kind.SHARING || unit.nodes().size() == 1;
    }
}
