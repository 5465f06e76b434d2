package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.tensor.Shape;

/// Arrays in other shapes.
final class Shapes {
    private Shapes() {}

    static NDArray reshape(NDArray x, Shape shape) {
        return x.reshape(shape.dims());
    }

    /// A vector along one axis of an array of that rank, so that it broadcasts.
    static NDArray along(NDArray vector, int axis, int rank) {
        long[] dims = new long[rank];
        java.util.Arrays.fill(dims, 1);
        dims[axis] = vector.size();
        return vector.reshape(dims);
    }
}
