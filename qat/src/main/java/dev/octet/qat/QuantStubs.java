package dev.octet.qat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Identity;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.HashSet;
import java.util.Set;

/// Marks of the part of a network that is to be quantized, where that is not the whole: Identity nodes whose names
/// start with `QuantStub` and `DeQuantStub`, as [Layers#quantStub] and [Layers#deQuantStub] make them (PyTorch's
/// modules of these names).
public final class QuantStubs {
    static final String BEGIN = "QuantStub";
    static final String END = "DeQuantStub";

    private QuantStubs() {}

    /// The specification with every node kept in float that no path from a `QuantStub` reaches, or only through a
    /// `DeQuantStub`; the same one if the graph has no marks.
    public static QuantizationSpec bound(Graph graph, QuantizationSpec spec) {
        if (graph.nodes().stream().noneMatch(n -> isMark(n, BEGIN))) {
            return spec;
        }
        Set<String> inside = new HashSet<>();
        QuantizationSpec bounded = spec;
        for (Node node : graph.nodes()) {
            boolean quantized =
                    isMark(node, BEGIN) || !isMark(node, END) && node.inputs().stream().anyMatch(inside::contains);
            if (quantized) {
                inside.addAll(node.outputs());
            } else {
                bounded = bounded.excluding(new NodeSelector.Name(node.name()));
            }
        }
        return bounded;
    }

    private static boolean isMark(Node node, String kind) {
        return node.op() instanceof Identity && node.name().startsWith(kind);
    }
}
