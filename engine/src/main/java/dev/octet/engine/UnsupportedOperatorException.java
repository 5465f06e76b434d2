package dev.octet.engine;

import java.util.List;
import java.util.stream.Collectors;

/// A graph has operators that cannot run. [#unsupported] has all of them, so that one attempt shows everything that is
/// missing; the message names the first few nodes.
public final class UnsupportedOperatorException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int NAMED = 20;

    /// Characters of a name that a message tells; a file may have names of any length.
    private static final int TOLD = 200;

    private final transient List<Unsupported> unsupported;

    /// One node that cannot run.
    ///
    /// @param operator ONNX type, after its domain unless that is the standard's: `com.microsoft.FusedConv`
    /// @param opset version of the domain's operator set that the graph states
    /// @param node name of the node
    /// @param reason what about it is not supported
    public record Unsupported(String operator, int opset, String node, String reason) {
        @Override
        public String toString() {
            return told(operator) + " (opset " + opset + ") at node '" + told(node) + "': " + told(reason);
        }

        private static String told(String text) {
            return text.length() <= TOLD ? text : text.substring(0, TOLD) + "…";
        }
    }

    /// @param graph name of the graph
    public UnsupportedOperatorException(String graph, List<Unsupported> unsupported) {
        super(message(graph, unsupported));
        this.unsupported = List.copyOf(unsupported);
    }

    private static String message(String graph, List<Unsupported> unsupported) {
        return "graph '"
                + graph
                + "' has "
                + unsupported.size()
                + " unsupported "
                + (unsupported.size() == 1 ? "node" : "nodes")
                + ":"
                + unsupported.stream().limit(NAMED).map(u -> "\n  " + u).collect(Collectors.joining())
                + (unsupported.size() > NAMED ? "\n  and " + (unsupported.size() - NAMED) + " more" : "");
    }

    /// What cannot run, in the order of the nodes.
    public List<Unsupported> unsupported() {
        return unsupported;
    }
}
