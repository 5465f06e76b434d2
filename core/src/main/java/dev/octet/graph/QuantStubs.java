package dev.octet.graph;

import dev.octet.graph.op.Identity;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Marks in a graph of the part that is to be quantized, where that is not the whole: PyTorch's `QuantStub`, at which
/// it begins, and `DeQuantStub`, at which it ends.
///
/// A mark is an Identity with the property [#KEY], so that a marked graph runs as it is, anywhere, and keeps its marks
/// in an ONNX file. Fusions do not reach across them; preparation for quantization uses them up.
public final class QuantStubs {
    /// Property of a node (ONNX `metadata_props`) whose value says which mark it is.
    public static final String KEY = "octet.stub";

    private static final String BEGIN = "QuantStub";
    private static final String END = "DeQuantStub";

    private QuantStubs() {}

    /// The mark where the part begins.
    public static Node begin(String name, String x, String y) {
        return mark(BEGIN, name, x, y);
    }

    /// The mark where it ends.
    public static Node end(String name, String x, String y) {
        return mark(END, name, x, y);
    }

    private static Node mark(String kind, String name, String x, String y) {
        return new Node(name, new Identity(), List.of(x), List.of(y), new Metadata("", Map.of(KEY, kind), new byte[0]));
    }

    public static boolean isMark(Node node) {
        return is(node, BEGIN) || is(node, END);
    }

    private static boolean is(Node node, String kind) {
        return node.op() instanceof Identity && kind.equals(node.metadata().properties().get(KEY));
    }

    /// Names of the values before and after the marks where the part begins: what enters it.
    public static Set<String> entries(Graph graph) {
        return around(graph, BEGIN);
    }

    /// Names of the values before and after the marks where the part ends: what leaves it.
    public static Set<String> exits(Graph graph) {
        return around(graph, END);
    }

    private static Set<String> around(Graph graph, String kind) {
        Set<String> values = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (is(node, kind)) {
                values.addAll(List.of(node.input(0), node.output()));
            }
        }
        return values;
    }

    /// Names of the nodes, other than marks, that no path from a `QuantStub` reaches, or only through a `DeQuantStub`;
    /// none if the graph has no `QuantStub`.
    public static Set<String> outside(Graph graph) {
        Set<String> outside = new HashSet<>();
        if (graph.nodes().stream().noneMatch(n -> is(n, BEGIN))) {
            return outside;
        }
        Set<String> inside = new HashSet<>();
        for (Node node : graph.nodes()) {
            boolean reached = node.inputs().stream().anyMatch(inside::contains);
            if (is(node, BEGIN) || reached && !is(node, END)) {
                inside.addAll(node.outputs());
            } else if (!is(node, END)) {
                outside.add(node.name());
            }
        }
        return outside;
    }
}
