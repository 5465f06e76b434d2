package dev.octet.graph;

import java.util.HashSet;
import java.util.Set;

/// The rules that every [Graph] keeps: each value has one definition, which comes before its uses; node names are
/// unique; inputs and outputs exist.
public final class GraphVerifier {
    private GraphVerifier() {}

    /// @throws GraphException naming the first rule that is broken, and where
    public static void verify(Graph graph) {
        Set<String> defined = new HashSet<>(graph.constants().keySet());
        for (ValueInfo input : graph.inputs()) {
            if (input.name().isEmpty()) {
                throw new GraphException("graph '" + graph.name() + "': an input has no name");
            }
            // Files before IR version 4 list constants among the inputs; readers drop those.
            define(defined, input.name(), "graph input");
        }
        Set<String> nodeNames = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (!nodeNames.add(node.name())) {
                throw new GraphException("two nodes are named '" + node.name() + "'");
            }
            for (String input : node.inputs()) {
                if (!input.isEmpty() && !defined.contains(input)) {
                    throw new GraphException(node + " reads '" + input + "', which nothing defines");
                }
            }
            node.outputs().stream().filter(o -> !o.isEmpty()).forEach(o -> define(defined, o, node.toString()));
        }
        for (ValueInfo output : graph.outputs()) {
            if (!defined.contains(output.name())) {
                throw new GraphException("graph output '" + output.name() + "' is not defined");
            }
        }
    }

    private static void define(Set<String> defined, String value, String by) {
        if (!defined.add(value)) {
            throw new GraphException("value '" + value + "' is defined twice, the second time by " + by);
        }
    }
}
