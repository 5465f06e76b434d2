package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sums of matrix products of integers in 32 bits: `Σ (a − aZeroPoint[row])·(b − bZeroPoint[column])`, with NumPy's
/// rules for batches and vectors.
final class IntegerMatrixProduct {
    /// Takes one sum.
    @FunctionalInterface
    interface Sink {
        /// @param index of the element in the output
        void accept(long index, int column, int sum);
    }

    private IntegerMatrixProduct() {}

    /// Shape of `a·b`, or null if a rank is not known.
    static @Nullable PartialShape infer(@Nullable PartialShape a, @Nullable PartialShape b) {
        if (a == null || b == null) {
            return null;
        }
        if (a.rank() == 0 || b.rank() == 0) {
            throw Inference.mismatch("operands of a matrix product", "at least one axis", a + " and " + b);
        }
        Extents.unify(a.dim(-1), b.rank() == 1 ? b.dim(0) : b.dim(-2), "rows of B");
        PartialShape aBatch = new PartialShape(a.dims().subList(0, Math.max(0, a.rank() - 2)));
        PartialShape bBatch = new PartialShape(b.dims().subList(0, Math.max(0, b.rank() - 2)));
        List<Dim> dims = new ArrayList<>(PartialShape.broadcast(aBatch, bBatch).dims());
        if (a.rank() > 1) {
            dims.add(a.dim(-2));
        }
        if (b.rank() > 1) {
            dims.add(b.dim(-1));
        }
        return new PartialShape(dims);
    }

    /// Computes all sums of `a·b`.
    ///
    /// @param aZeroPoints one, or one per row
    /// @param bZeroPoints one, or one per column
    static void run(Tensor a, int[] aZeroPoints, Tensor b, int[] bZeroPoints, Sink sink) {
        int rows = a.shape().rank() == 1 ? 1 : (int) a.shape().dim(-2);
        int depth = (int) a.shape().dim(-1);
        int columns = b.shape().rank() == 1 ? 1 : (int) b.shape().dim(-1);
        Shape aBatch = batch(a.shape());
        Shape bBatch = batch(b.shape());
        Shape batch = Shape.broadcast(aBatch, bBatch);
        int[] left = shifted(a.toIntArray(), aZeroPoints, depth, rows);
        int[] right = shifted(b.toIntArray(), bZeroPoints, 1, columns);
        StridedLoop loop = StridedLoop.broadcast(batch, aBatch, bBatch);
        loop.forEachRow(
                o -> {
                    for (int i = 0; i < loop.length(); i++) {
                        long product = (o[0] + i * loop.step(0)) * rows * columns;
                        int aStart = (int) ((o[1] + i * loop.step(1)) * rows * depth);
                        int bStart = (int) ((o[2] + i * loop.step(2)) * depth * columns);
                        multiply(left, aStart, rows, depth, right, bStart, columns, product, sink);
                    }
                },
                0,
                0,
                0);
    }

    private static void multiply(
            int[] a, int aStart, int rows, int depth, int[] b, int bStart, int columns, long yStart, Sink sink) {
        int[] sums = new int[columns];
        for (int row = 0; row < rows; row++) {
            Arrays.fill(sums, 0);
            for (int k = 0; k < depth; k++) {
                int factor = a[aStart + row * depth + k];
                int from = bStart + k * columns;
                for (int column = 0; column < columns; column++) {
                    sums[column] += factor * b[from + column];
                }
            }
            for (int column = 0; column < columns; column++) {
                sink.accept(yStart + (long) row * columns + column, column, sums[column]);
            }
        }
    }

    /// Subtracts the zero points of an axis with `extent` entries, each of `inner` elements.
    private static int[] shifted(int[] values, int[] zeroPoints, int inner, int extent) {
        for (int i = 0; i < values.length; i++) {
            values[i] -= zeroPoints[zeroPoints.length == 1 ? 0 : i / inner % extent];
        }
        return values;
    }

    private static Shape batch(Shape shape) {
        long[] dims = new long[Math.max(0, shape.rank() - 2)];
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = shape.dim(axis);
        }
        return Shape.of(dims);
    }

    /// Zero points of rows or columns, checked.
    static int[] zeroPoints(List<@Nullable Tensor> inputs, int index, long count, String name) {
        Tensor tensor = Operands.find(inputs, index);
        if (tensor != null) {
            AffineParams.requirePerChannel(tensor, count, name);
        }
        return AffineParams.zeroPoints(inputs, index);
    }
}
