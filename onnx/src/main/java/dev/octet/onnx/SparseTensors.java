package dev.octet.onnx;

import dev.octet.onnx.proto.SparseTensorProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Optional;

/// Sparse constants of files, with zeros where they have no number.
final class SparseTensors {
    /// A few bytes may claim any extent; one that is larger stays sparse, which no operator reads.
    private static final long MOST_BYTES = 64 << 20;

    private SparseTensors() {}

    /// All elements of a sparse tensor; empty if no [Tensor] holds its type, or there are too many.
    ///
    /// @throws OnnxFormatException if the places of its numbers are none
    static Optional<Tensor> dense(SparseTensorProto sparse, TensorReader tensors) {
        if (!TensorReader.isSupported(sparse.getValues().getDataType())) {
            return Optional.empty();
        }
        Shape shape;
        try {
            shape = Shape.of(sparse.getDimsList().stream().mapToLong(Long::longValue).toArray());
        } catch (IllegalArgumentException e) {
            throw new OnnxFormatException("sparse tensor: " + e.getMessage(), e);
        }
        Tensor values = tensors.read(sparse.getValues());
        if (values.dtype().bytes(shape.elementCount()) > MOST_BYTES) {
            return Optional.empty();
        }
        Tensor places = tensors.read(sparse.getIndices());
        requirePlaces(places, values.elementCount(), shape);
        Tensor dense = Tensor.allocate(values.dtype(), shape);
        for (long i = 0; i < values.elementCount(); i++) {
            long place = place(places, i, shape);
            if (values.dtype().isFloating()) {
                dense.setDouble(place, values.getDouble(i));
            } else {
                dense.setLong(place, values.getLong(i));
            }
        }
        return Optional.of(dense);
    }

    private static void requirePlaces(Tensor places, long count, Shape shape) {
        boolean linear = places.shape().equals(Shape.of(count));
        if (places.dtype() != DType.INT64 || !linear && !places.shape().equals(Shape.of(count, shape.rank()))) {
            throw new OnnxFormatException(
                    "sparse tensor: expected "
                            + count
                            + " indices, or as many for each of "
                            + shape.rank()
                            + " axes, of INT64, found "
                            + places);
        }
    }

    /// Row-major index of a number, which is given as such or by an index along each axis.
    private static long place(Tensor places, long number, Shape shape) {
        if (places.shape().rank() == 1) {
            return require(places.getLong(number), shape.elementCount());
        }
        long place = 0;
        for (int axis = 0; axis < shape.rank(); axis++) {
            long index = places.getLong(number * shape.rank() + axis);
            place = place * shape.dim(axis) + require(index, shape.dim(axis));
        }
        return place;
    }

    private static long require(long index, long extent) {
        if (index < 0 || index >= extent) {
            throw new OnnxFormatException("sparse tensor: expected an index in [0, " + extent + "), found " + index);
        }
        return index;
    }
}
