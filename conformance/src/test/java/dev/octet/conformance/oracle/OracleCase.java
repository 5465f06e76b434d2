package dev.octet.conformance.oracle;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Opaque;
import dev.octet.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// A graph, what it is run on, and how close ONNX Runtime's outputs must be.
///
/// @param opset of the file; the graph may say a newer one, see [OldOpsets]
record OracleCase(Graph graph, int opset, Map<String, Tensor> inputs, Tolerance tolerance) {
    private static final int SHORT = 8;

    /// Whether the graph has nodes that mean something only in the file's operator set.
    boolean isOld() {
        return graph.nodes().stream().anyMatch(n -> n.op() instanceof Opaque);
    }

    /// Everything that was drawn but the elements.
    String describe() {
        return "opset "
                + opset
                + "\n  nodes "
                + graph.nodes().stream().map(OracleCase::describe).collect(Collectors.joining("\n        "))
                + "\n  declared "
                + graph.inputs().stream().map(v -> v.name() + "=" + v.type()).toList()
                + "\n  inputs "
                + describe(inputs)
                + "\n  constants "
                + describe(graph.constants());
    }

    /// Types and shapes, and the elements of what is short.
    private static String describe(Map<String, Tensor> tensors) {
        return new TreeMap<>(tensors)
                .entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue() + elements(e.getValue()))
                        .collect(Collectors.joining(", "));
    }

    private static String elements(Tensor tensor) {
        return tensor.elementCount() > SHORT
                ? ""
                : LongStream.range(0, tensor.elementCount())
                        .mapToObj(i -> Double.toString(tensor.getDouble(i)))
                        .collect(Collectors.joining(" ", " [", "]"));
    }

    private static String describe(Node node) {
        return node.op() + " " + node.inputs() + " -> " + node.outputs();
    }
}
