package dev.octet.graph;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What is known of a value before the model runs.
///
/// @param shape null if not even the rank is known
public record TypeInfo(DType dtype, @Nullable PartialShape shape) {
    public static TypeInfo of(Tensor tensor) {
        return of(tensor.dtype(), tensor.shape());
    }

    public static TypeInfo of(DType dtype, Shape shape) {
        return new TypeInfo(dtype, PartialShape.of(shape));
    }

    /// Whether the whole shape is known.
    public boolean isFixed() {
        return shape != null && shape.isFixed();
    }

    @Override
    public String toString() {
        return dtype + " " + (shape == null ? "of unknown rank" : shape);
    }
}
