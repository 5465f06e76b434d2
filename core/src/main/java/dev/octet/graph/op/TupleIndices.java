package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Index vectors along the last axis of a tensor, each of which names a slice of the data by its place on the first
/// axes after the batch. What GatherND and ScatterND share.
///
/// @param length numbers in a vector
/// @param slice elements of a slice
record TupleIndices(Tensor indices, Shape data, int batchAxes, int length, long slice) {
    /// Takes the number of an index vector and the first element of the slice that it names.
    @FunctionalInterface
    interface Slice {
        void accept(long vector, long start);
    }

    static TupleIndices of(Tensor indices, Shape data, int batchAxes) {
        int length = Extents.arrayLength(indices.shape().dim(-1));
        return new TupleIndices(indices, data, batchAxes, length, data.product(batchAxes + length, data.rank()));
    }

    /// Shape of the slices that all index vectors name, or null if that does not follow.
    ///
    /// @throws IllegalArgumentException if they have more numbers than the data has axes
    static @Nullable PartialShape slices(@Nullable PartialShape data, @Nullable PartialShape indices, int batchAxes) {
        if (data == null || indices == null) {
            return null;
        }
        if (data.rank() <= batchAxes || indices.rank() <= batchAxes || batchAxes < 0) {
            throw Inference.mismatch(
                    "ranks of data and indices", "more than batch_dims, " + batchAxes, data + " and " + indices);
        }
        List<Dim> dims = new ArrayList<>(indices.dims().subList(0, indices.rank() - 1));
        for (int axis = 0; axis < batchAxes; axis++) {
            dims.set(axis, Extents.unify(data.dim(axis), indices.dim(axis), "extent of batch axis " + axis));
        }
        long length = indices.size(-1);
        if (length < 0) {
            return null;
        }
        if (length > data.rank() - batchAxes) {
            throw Inference.mismatch("numbers of an index", "at most " + (data.rank() - batchAxes), length);
        }
        dims.addAll(data.dims().subList(batchAxes + (int) length, data.rank()));
        return new PartialShape(dims);
    }

    void forEach(Slice action) {
        long[] strides = data.strides();
        long vectors = indices.shape().product(0, indices.shape().rank() - 1);
        long batches = data.product(0, batchAxes);
        long batchElements = data.product(batchAxes, data.rank());
        for (long v = 0; v < vectors; v++) {
            long start = v / (vectors / batches) * batchElements;
            for (int i = 0; i < length; i++) {
                int axis = batchAxes + i;
                start += Operands.index(indices.getLong(v * length + i), data.dim(axis)) * strides[axis];
            }
            action.accept(v, start);
        }
    }
}
