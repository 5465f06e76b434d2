package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.TypeInfo;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;

/// Types of the values of a graph and of the graphs inside its nodes, as far as they can be found: also of a graph in
/// which something does not fit. Each graph is inferred once, with the one around it where that says anything of it.
public final class NestedTypes {
    private static final Logger LOG = System.getLogger(NestedTypes.class.getName());

    private final Map<Graph, Map<String, TypeInfo>> types = new IdentityHashMap<>();

    /// Of no graph yet.
    public NestedTypes() {}

    /// Types of a graph's values by name. Ask for a graph before those inside of it.
    public Map<String, TypeInfo> of(Graph graph) {
        if (!types.containsKey(graph)) {
            infer(graph);
        }
        return Objects.requireNonNull(types.get(graph));
    }

    private void infer(Graph graph) {
        NestedGraphs nested = new NestedGraphs();
        try {
            ShapeInference.infer(graph, nested);
        } catch (GraphException e) {
            LOG.log(Level.DEBUG, "the types in graph ''{0}'' do not fit: {1}", graph.name(), e.getMessage());
        }
        nested.types().forEach(types::putIfAbsent);
    }
}
