package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What is known of a graph's values once the shapes of its inputs are.
public interface Values {
    /// Type of a value, or null if not even its element type is known.
    @Nullable TypeInfo type(String value);

    /// The value, if it is constant, or null.
    @Nullable Tensor constant(String value);

    /// The node that computes a value, or null if none does.
    @Nullable Node producer(String value);
}
