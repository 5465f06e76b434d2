package dev.octet.engine.operator;

import dev.octet.graph.op.Transpose;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Extents of matrix products with NumPy's rules: vectors count as a row or a column, batches broadcast.
final class MatMulShapes {
    private MatMulShapes() {}

    /// Null for extents that no kernel can index.
    ///
    /// @param transpose what happens to the result, which keeps its last axis, or null
    static @Nullable MatMulGeometry geometry(MatrixOperand a, MatrixOperand b, @Nullable Transpose transpose) {
        long m = a.shape().dim(-2);
        long n = b.shape().dim(-1);
        long k = a.shape().dim(-1);
        Shape batchA = batch(a.shape());
        Shape batchB = batch(b.shape());
        Shape batch = Shape.broadcast(batchA, batchB);
        boolean tall = batchB.elementCount() == 1 && a.isDense() && transpose == null;
        long rows = tall ? m * batchA.elementCount() : m;
        if (!isIndex(rows) || !isIndex(n) || !isIndex(k) || !isIndex(a.rowStride()) || !isIndex(b.rowStride())) {
            return null;
        }
        if (tall && b.isDense()) {
            // One B for all: the matrices of A are one tall matrix.
            return new MatMulGeometry((int) rows, (int) n, (int) k, new long[1], new long[1], false, false);
        }
        long[] strides = resultStrides(batch, m, n, transpose);
        long strideC = Math.max(n, strides[strides.length - 2]);
        if (!isIndex(strideC)) {
            return null;
        }
        return new MatMulGeometry(
                (int) m,
                (int) n,
                (int) k,
                offsets(batch, batchA, a.strides()),
                offsets(batch, batchB, b.strides()),
                offsets(batch, batch, strides),
                (int) a.rowStride(),
                (int) b.rowStride(),
                (int) strideC,
                a.isTransposed(),
                b.isTransposed());
    }

    private static boolean isIndex(long extent) {
        return extent <= Integer.MAX_VALUE;
    }

    /// How far apart the elements of `[batch…, m, n]` lie in what its transposition is.
    private static long[] resultStrides(Shape batch, long m, long n, @Nullable Transpose transpose) {
        int rank = batch.rank() + 2;
        long[] dims = Arrays.copyOf(batch.dims(), rank);
        dims[rank - 2] = m;
        dims[rank - 1] = n;
        if (transpose == null) {
            return Shape.of(dims).strides();
        }
        int[] perm = transpose.perm().stream().mapToInt(Math::toIntExact).toArray();
        long[] strides = Shape.of(Arrays.stream(perm).mapToLong(axis -> dims[axis]).toArray()).strides();
        long[] own = new long[rank];
        for (int i = 0; i < rank; i++) {
            own[perm[i]] = strides[i];
        }
        return own;
    }

    /// Extents of all axes before the last two.
    static Shape batch(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.dims(), Math.max(0, shape.rank() - 2)));
    }

    /// Element offset of each matrix of `batch` in an operand whose own batch broadcasts to it.
    ///
    /// @param strides of the operand's axes
    private static long[] offsets(Shape batch, Shape own, long[] strides) {
        long[] offsets = new long[Math.toIntExact(batch.elementCount())];
        for (int i = 0; i < offsets.length; i++) {
            long rest = i;
            for (int axis = 1; axis <= batch.rank(); axis++) {
                long position = rest % batch.dim(-axis);
                rest /= batch.dim(-axis);
                if (axis <= own.rank() && own.dim(-axis) != 1) {
                    offsets[i] += position * strides[own.rank() - axis];
                }
            }
        }
        return offsets;
    }
}
