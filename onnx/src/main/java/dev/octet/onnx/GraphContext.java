package dev.octet.onnx;

import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Op;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What the reading of a node may ask of the graph around it.
interface GraphContext {
    /// Adds a constant under a fresh name that starts with `base`, and returns the name.
    String constant(String base, Tensor value);

    /// Adds a node before the one that is read, and returns the name of its output.
    String node(Op op, String... inputs);

    /// Adds a node before the one that is read, which defines an output of that instead.
    void define(String output, Op op, String... inputs);

    /// The constant of that name, or null if it is none.
    @Nullable Tensor value(String name);

    /// What the file states about a value, or null.
    @Nullable TypeInfo type(String name);

    /// Whether a node or the graph's outputs read a value.
    boolean isRead(String name);
}
