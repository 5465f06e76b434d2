package dev.octet.engine;

import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Compares what a caller gives with what a graph declares.
final class InputCheck {
    private InputCheck() {}

    /// @throws IllegalArgumentException if an input is missing, unknown, or not of the declared type and shape
    static void check(Graph graph, Map<String, ? extends Value> inputs) {
        checkNames(graph, inputs.keySet());
        for (ValueInfo declared : graph.inputs()) {
            Value given = Objects.requireNonNull(inputs.get(declared.name()));
            if (!accepts(declared, given)) {
                throw mismatch(declared, given);
            }
        }
    }

    /// The declared types with the given shapes.
    ///
    /// @throws IllegalArgumentException if an input is missing, unknown, or may not have its shape
    static Map<String, TypeInfo> types(Graph graph, Map<String, Shape> shapes) {
        checkNames(graph, shapes.keySet());
        Map<String, TypeInfo> types = new HashMap<>();
        for (ValueInfo declared : graph.inputs()) {
            Shape given = Objects.requireNonNull(shapes.get(declared.name()));
            if (!accepts(declared, given)) {
                throw mismatch(declared, given);
            }
            boolean tensor = declared.type().isTensor();
            types.put(declared.name(), tensor ? TypeInfo.of(declared.type().dtype(), given) : declared.type());
        }
        return types;
    }

    private static void checkNames(Graph graph, Set<String> given) {
        List<String> names = graph.inputs().stream().map(ValueInfo::name).toList();
        for (String name : names) {
            if (!given.contains(name)) {
                throw new IllegalArgumentException(
                        "input '"
                                + name
                                + "' is missing: expected "
                                + names
                                + ", found "
                                + given.stream().sorted().toList());
            }
        }
        for (String name : given) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException("unknown input '" + name + "': expected " + names);
            }
        }
    }

    private static boolean accepts(ValueInfo declared, Value given) {
        TypeInfo type = TypeInfo.of(given, declared.type());
        boolean same = type.dtype() == declared.type().dtype() && type.kind() == declared.type().kind();
        return same && (!(given instanceof Tensor tensor) || accepts(declared, tensor.shape()));
    }

    private static boolean accepts(ValueInfo declared, Shape shape) {
        PartialShape allowed = declared.type().shape();
        return allowed == null || allowed.accepts(shape);
    }

    private static IllegalArgumentException mismatch(ValueInfo declared, Object found) {
        return new IllegalArgumentException(
                "input '" + declared.name() + "': expected " + declared.type() + ", found " + found);
    }
}
