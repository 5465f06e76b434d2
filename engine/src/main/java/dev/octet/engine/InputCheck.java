package dev.octet.engine;

import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Compares what a caller gives with what a graph declares.
final class InputCheck {
    private InputCheck() {}

    /// @throws IllegalArgumentException if an input is missing, unknown, or not of the declared type and shape
    static void check(Graph graph, Map<String, Tensor> inputs) {
        List<String> names = graph.inputs().stream().map(ValueInfo::name).toList();
        for (ValueInfo declared : graph.inputs()) {
            Tensor given = inputs.get(declared.name());
            if (given == null) {
                throw new IllegalArgumentException(
                        "input '"
                                + declared.name()
                                + "' is missing: expected "
                                + names
                                + ", found "
                                + inputs.keySet().stream().sorted().toList());
            }
            check(declared, given);
        }
        for (String name : inputs.keySet()) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException("unknown input '" + name + "': expected " + names);
            }
        }
    }

    private static void check(ValueInfo declared, Tensor given) {
        PartialShape shape = declared.type().shape();
        boolean fits = given.dtype() == declared.type().dtype() && (shape == null || shape.accepts(given.shape()));
        if (!fits) {
            throw new IllegalArgumentException(
                    "input '" + declared.name() + "': expected " + declared.type() + ", found " + given);
        }
    }
}
