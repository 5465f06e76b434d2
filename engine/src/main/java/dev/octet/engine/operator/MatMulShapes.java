package dev.octet.engine.operator;

import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// Extents of matrix products with NumPy's rules: vectors count as a row or a column, batches broadcast.
final class MatMulShapes {
    private MatMulShapes() {}

    /// Null for extents that no kernel can index.
    static @Nullable MatMulGeometry geometry(Shape a, Shape b) {
        Shape left = a.rank() == 1 ? Shape.of(1, a.dim(0)) : a;
        Shape right = b.rank() == 1 ? Shape.of(b.dim(0), 1) : b;
        long m = left.dim(-2);
        long n = right.dim(-1);
        long k = left.dim(-1);
        Shape batchA = batch(left);
        Shape batchB = batch(right);
        if (batchB.elementCount() == 1) {
            // One B for all: the matrices of A are one tall matrix.
            return matrices(m * batchA.elementCount(), n, k, new long[1], new long[1]);
        }
        Shape batch = Shape.broadcast(batchA, batchB);
        return matrices(m, n, k, offsets(batch, batchA, m * k), offsets(batch, batchB, k * n));
    }

    private static @Nullable MatMulGeometry matrices(long m, long n, long k, long[] offsetsA, long[] offsetsB) {
        if (m > Integer.MAX_VALUE || n > Integer.MAX_VALUE || k > Integer.MAX_VALUE) {
            return null;
        }
        return new MatMulGeometry((int) m, (int) n, (int) k, offsetsA, offsetsB, false, false);
    }

    /// Extents of all axes before the last two.
    static Shape batch(Shape shape) {
        long[] dims = new long[Math.max(0, shape.rank() - 2)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = shape.dim(i);
        }
        return Shape.of(dims);
    }

    /// Element offset of each matrix of `batch` in an operand whose own batch broadcasts to it.
    private static long[] offsets(Shape batch, Shape own, long matrix) {
        long[] strides = own.strides();
        long[] offsets = new long[Math.toIntExact(batch.elementCount())];
        for (int i = 0; i < offsets.length; i++) {
            long rest = i;
            for (int axis = 1; axis <= batch.rank(); axis++) {
                long position = rest % batch.dim(-axis);
                rest /= batch.dim(-axis);
                if (axis <= own.rank() && own.dim(-axis) != 1) {
                    offsets[i] += position * strides[own.rank() - axis] * matrix;
                }
            }
        }
        return offsets;
    }
}
