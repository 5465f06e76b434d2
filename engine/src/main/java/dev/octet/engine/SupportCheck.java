package dev.octet.engine;

import dev.octet.engine.UnsupportedOperatorException.Unsupported;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Opaque;
import java.util.ArrayList;
import java.util.List;

/// Finds the nodes of a graph that cannot run.
final class SupportCheck {
    private SupportCheck() {}

    /// @throws UnsupportedOperatorException naming all of them, if there is one
    static void check(Graph graph) {
        List<Unsupported> unsupported = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Opaque opaque) {
                unsupported.add(unsupported(graph, node, "unknown operator of domain '" + opaque.domain() + "'"));
            }
        }
        if (!unsupported.isEmpty()) {
            throw new UnsupportedOperatorException(graph.name(), unsupported);
        }
    }

    private static Unsupported unsupported(Graph graph, Node node, String reason) {
        String domain = node.op().domain();
        String operator = domain.isEmpty() ? node.op().type() : domain + "." + node.op().type();
        return new Unsupported(operator, graph.opsets().getOrDefault(domain, 0), node.name(), reason);
    }
}
