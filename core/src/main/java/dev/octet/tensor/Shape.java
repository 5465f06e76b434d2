package dev.octet.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// Extents of a [Tensor], outermost axis first. Immutable; rank 0 is a scalar.
public final class Shape {
    /// The shape of a scalar.
    public static final Shape SCALAR = new Shape(new long[0]);

    private final long[] dims;
    private final long elementCount;

    private Shape(long[] dims) {
        this.dims = dims;
        long product = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
            }
            try {
                product = Math.multiplyExact(product, dim);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("element count overflows in shape " + Arrays.toString(dims), e);
            }
        }
        this.elementCount = product;
    }

    /// @throws IllegalArgumentException if an extent is negative or their product exceeds 2⁶³−1
    public static Shape of(long... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /// Extent of an axis; a negative axis counts from the end.
    public long dim(int axis) {
        return dims[normalizeAxis(axis, dims.length)];
    }

    public long elementCount() {
        return elementCount;
    }

    public long[] dims() {
        return dims.clone();
    }

    /// Product of the extents of axes `from` (inclusive) to `to` (exclusive).
    public long product(int from, int to) {
        long product = 1;
        for (int axis = from; axis < to; axis++) {
            product *= dims[axis];
        }
        return product;
    }

    /// Row-major strides, in elements.
    public long[] strides() {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        return strides;
    }

    /// This shape with one extent replaced; a negative axis counts from the end.
    public Shape with(int axis, long dim) {
        long[] copy = dims.clone();
        copy[normalizeAxis(axis, dims.length)] = dim;
        return new Shape(copy);
    }

    /// Shape of an element-wise result (ONNX "Broadcasting", NumPy rules).
    ///
    /// @throws IllegalArgumentException if two extents differ and neither is 1
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        long[] dims = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long x = i <= a.rank() ? a.dims[a.rank() - i] : 1;
            long y = i <= b.rank() ? b.dims[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException("shapes " + a + " and " + b + " do not broadcast");
            }
            dims[rank - i] = x == 1 ? y : x;
        }
        return new Shape(dims);
    }

    /// Maps an axis in `[-rank, rank)` to `[0, rank)`.
    ///
    /// @throws IllegalArgumentException if it is outside
    public static int normalizeAxis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw new IllegalArgumentException("axis " + axis + " is outside [-" + rank + ", " + rank + ")");
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /// `2x3x4`; a scalar is `scalar`.
    @Override
    public String toString() {
        return dims.length == 0
                ? "scalar"
                : LongStream.of(dims).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }
}
