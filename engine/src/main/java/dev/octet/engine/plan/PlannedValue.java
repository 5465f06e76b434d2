package dev.octet.engine.plan;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// A value of a plan: its place in a run's table of tensors, and where its memory comes from.
sealed interface PlannedValue {
    /// Index in the table.
    int index();

    /// Bytes that it takes, or 0 if that is known in a run only.
    default long bytes() {
        return switch (this) {
            case Constant c -> c.tensor().byteSize();
            case Placed p -> p.dtype().bytes(p.shape().elementCount());
            case Dynamic _, Structured _ -> 0;
        };
    }

    /// Known before the run: a weight, or what follows from the shapes.
    record Constant(int index, Tensor tensor) implements PlannedValue {}

    /// In the run's block of memory. Views have the same `block` as what they view.
    ///
    /// @param block index of a [MemoryPlan.Life]
    record Placed(int index, DType dtype, Shape shape, int block) implements PlannedValue {}

    /// Allocated during the run, since its shape depends on data.
    record Dynamic(int index) implements PlannedValue {}

    /// A sequence or optional value, which is not in the table but in [Run#structured].
    record Structured(int index) implements PlannedValue {}
}
