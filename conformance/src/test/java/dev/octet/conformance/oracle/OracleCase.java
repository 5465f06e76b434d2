package dev.octet.conformance.oracle;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// A graph, what it is run on, and how close ONNX Runtime's outputs must be.
record OracleCase(Graph graph, Map<String, Tensor> inputs, Tolerance tolerance) {
    /// Everything that was drawn but the elements.
    String describe() {
        return "opsets " + graph.opsets() + "\n  nodes "
                + graph.nodes().stream().map(OracleCase::describe).collect(Collectors.joining("\n        "))
                + "\n  declared " + graph.inputs() + "\n  inputs " + new TreeMap<>(inputs) + "\n  constants "
                + new TreeMap<>(graph.constants());
    }

    private static String describe(Node node) {
        return node.op() + " " + node.inputs() + " -> " + node.outputs();
    }
}
