package dev.octet.graph;

import dev.octet.graph.Attributes.GraphValue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Values of the enclosing graph that a subgraph (of If, Loop, Scan) reads by name.
///
/// A [Graph] is closed: so such a value becomes an input of the subgraph, after the formal ones and marked by a
/// metadata property, and an input of the node, after the operator's own: the captured values of all subgraphs of the
/// node in order, each once. Passes then see the use, and may rename the outer value. Writing undoes this.
public final class Captures {
    /// Metadata property of an input that is not a formal one.
    private static final String PROPERTY = "dev.octet.captured";

    private Captures() {}

    /// An input of a subgraph that stands for a value of the enclosing graph.
    public static ValueInfo input(String name, TypeInfo type) {
        return new ValueInfo(name, type, new Metadata("", Map.of(PROPERTY, "true"), new byte[0]));
    }

    public static boolean isCaptured(ValueInfo input) {
        return input.metadata().properties().containsKey(PROPERTY);
    }

    /// Names that the subgraphs among the attributes give to captured values, in the order of the node's last inputs.
    public static List<String> in(Attributes attributes) {
        Set<String> names = new LinkedHashSet<>();
        for (Attributes.Value value : attributes.asMap().values()) {
            if (value instanceof GraphValue subgraph) {
                names.addAll(in(subgraph.value()));
            }
        }
        return new ArrayList<>(names);
    }

    public static List<String> in(Graph subgraph) {
        return subgraph.inputs().stream().filter(Captures::isCaptured).map(ValueInfo::name).toList();
    }
}
