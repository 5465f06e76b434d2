package dev.octet.graph.pass;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Opaque;
import java.util.HashSet;
import java.util.Set;

/// The values that must stay under their names whatever a pass does: outputs of the graph, and what subgraphs of its
/// nodes read from outside (the bodies of If, Loop and Scan name outer values without listing them as operands).
final class KeptValues {
    private KeptValues() {}

    static Set<String> of(Graph graph) {
        Set<String> kept = new HashSet<>();
        graph.outputs().forEach(v -> kept.add(v.name()));
        graph.nodes().forEach(node -> addCaptures(node, kept));
        return kept;
    }

    private static void addCaptures(Node node, Set<String> captures) {
        if (node.op() instanceof Opaque opaque) {
            for (Attributes.Value value : opaque.attributes().asMap().values()) {
                if (value instanceof Attributes.GraphValue body) {
                    captures.addAll(freeNames(body.value()));
                }
            }
        }
    }

    /// Names that a subgraph reads and does not define.
    private static Set<String> freeNames(Graph body) {
        Set<String> free = new HashSet<>();
        for (Node node : body.nodes()) {
            free.addAll(node.inputs());
            addCaptures(node, free);
        }
        body.outputs().stream().map(ValueInfo::name).forEach(free::add);
        body.nodes().forEach(node -> node.outputs().forEach(free::remove));
        body.inputs().forEach(v -> free.remove(v.name()));
        free.removeAll(body.constants().keySet());
        free.remove("");
        return free;
    }
}
