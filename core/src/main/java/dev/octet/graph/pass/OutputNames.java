package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import java.util.Set;
import java.util.stream.Collectors;

/// The values that must stay under their names whatever a pass does: the outputs of the graph.
final class OutputNames {
    private OutputNames() {}

    static Set<String> of(Graph graph) {
        return graph.outputs().stream().map(ValueInfo::name).collect(Collectors.toUnmodifiableSet());
    }
}
