package dev.octet.graph.pass;

import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What [ShapeInference] found in a graph.
///
/// @param types type of every value whose element type is known; a value that is missing has an unknown one
/// @param constants the graph's constants, and the small values that follow from them and from known shapes
public record Inferred(Map<String, TypeInfo> types, Map<String, Tensor> constants) {
    public Optional<TypeInfo> type(String value) {
        return Optional.ofNullable(types.get(value));
    }

    /// Shape of a value, or null if not even its rank is known.
    public @Nullable PartialShape shape(String value) {
        TypeInfo type = types.get(value);
        return type == null ? null : type.shape();
    }

    public Optional<Tensor> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }
}
