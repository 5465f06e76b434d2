package dev.octet.engine.plan;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;

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

    /// Part of this value's memory: all of it in another shape, or some of it.
    ///
    /// @param index of the part
    /// @param start with which element it starts
    /// @param shape of the part
    default PlannedValue part(int index, long start, Shape shape) {
        return switch (this) {
            case Constant c -> {
                DType dtype = c.tensor().dtype();
                long bytes = dtype.bytes(shape.elementCount());
                MemorySegment data = c.tensor().data().asSlice(dtype.bytes(start), bytes);
                yield new Constant(index, Tensor.wrap(dtype, shape, data));
            }
            case Placed p -> new Placed(index, p.dtype(), shape, p.block(), p.offset() + p.dtype().bytes(start));
            case Dynamic _, Structured _ -> throw new IllegalStateException("a dynamic value has no fixed place");
        };
    }

    /// Whether this is in the same memory as another value of as many elements.
    default boolean liesIn(PlannedValue other) {
        return this instanceof Placed a
                && other instanceof Placed b
                && a.block() == b.block()
                && a.offset() == b.offset();
    }

    /// Known before the run: a weight, or what follows from the shapes.
    record Constant(int index, Tensor tensor) implements PlannedValue {}

    /// In the run's memory. Views and parts have the same `block` as what they are of.
    ///
    /// @param block index of a [MemoryPlan.Life]
    /// @param offset in bytes, from the start of the block
    record Placed(int index, DType dtype, Shape shape, int block, long offset) implements PlannedValue {}

    /// Allocated during the run, since its shape depends on data.
    record Dynamic(int index) implements PlannedValue {}

    /// A sequence or optional value, which is not in the table but in [Run#structured].
    record Structured(int index) implements PlannedValue {}
}
