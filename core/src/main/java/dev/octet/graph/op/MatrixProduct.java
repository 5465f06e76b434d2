package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Products of matrices: floating ones are summed in double, integers exactly, wrapping at 64 bits.
final class MatrixProduct {
    /// Element types that ONNX multiplies as matrices.
    static final Set<DType> TYPES =
            EnumSet.of(
                    DType.FLOAT32,
                    DType.FLOAT64,
                    DType.FLOAT16,
                    DType.BFLOAT16,
                    DType.INT32,
                    DType.INT64,
                    DType.UINT32,
                    DType.UINT64);

    private MatrixProduct() {}

    /// A matrix within a tensor.
    record View(Tensor tensor, long start, int rows, int columns, long rowStride, long columnStride) {
        /// A matrix that begins at an element, its rows one after the other.
        static View of(Tensor tensor, long start, long rows, long columns) {
            return new View(tensor, start, Extents.arrayLength(rows), Extents.arrayLength(columns), columns, 1);
        }

        View transpose() {
            return new View(tensor, start, columns, rows, columnStride, rowStride);
        }

        double[] doubles(int row) {
            double[] values = new double[columns];
            for (int i = 0; i < columns; i++) {
                values[i] = tensor.getDouble(start + row * rowStride + i * columnStride);
            }
            return values;
        }

        long[] longs(int row) {
            long[] values = new long[columns];
            for (int i = 0; i < columns; i++) {
                values[i] = tensor.getLong(start + row * rowStride + i * columnStride);
            }
            return values;
        }
    }

    /// Takes one row of a product.
    @FunctionalInterface
    interface Row {
        void accept(int row, double[] sums);
    }

    /// Takes one row of a product of integers.
    @FunctionalInterface
    interface IntegerRow {
        void accept(int row, long[] sums);
    }

    static void multiply(View a, View b, Row sink) {
        double[][] right = new double[b.rows()][];
        for (int k = 0; k < b.rows(); k++) {
            right[k] = b.doubles(k);
        }
        for (int m = 0; m < a.rows(); m++) {
            double[] left = a.doubles(m);
            double[] sums = new double[b.columns()];
            for (int k = 0; k < left.length; k++) {
                add(sums, left[k], right[k]);
            }
            sink.accept(m, sums);
        }
    }

    private static void add(double[] sums, double factor, double[] row) {
        for (int n = 0; n < sums.length; n++) {
            sums[n] += factor * row[n];
        }
    }

    static void multiplyIntegers(View a, View b, IntegerRow sink) {
        long[][] right = new long[b.rows()][];
        for (int k = 0; k < b.rows(); k++) {
            right[k] = b.longs(k);
        }
        for (int m = 0; m < a.rows(); m++) {
            long[] left = a.longs(m);
            long[] sums = new long[b.columns()];
            for (int k = 0; k < left.length; k++) {
                for (int n = 0; n < sums.length; n++) {
                    sums[n] += left[k] * right[k][n];
                }
            }
            sink.accept(m, sums);
        }
    }

    /// Takes the matrices of a batched product with NumPy's rules, one pair after the other.
    @FunctionalInterface
    interface Pair {
        /// @param start row-major index of the product's first element in the output
        void accept(View a, View b, long start);
    }

    static void forEachPair(Tensor a, Tensor b, Pair pair) {
        Shape left = a.shape();
        Shape right = b.shape();
        long m = left.rank() > 1 ? left.dim(-2) : 1;
        long k = left.dim(-1);
        long n = right.rank() > 1 ? right.dim(-1) : 1;
        Shape leftBatch = batch(left);
        Shape rightBatch = batch(right);
        Shape batch = Shape.broadcast(leftBatch, rightBatch);
        StridedLoop loop = StridedLoop.broadcast(batch, leftBatch, rightBatch);
        loop.forEachRow(
                o -> {
                    for (long i = 0; i < loop.length(); i++) {
                        View first = View.of(a, (o[1] + i * loop.step(1)) * m * k, m, k);
                        View second = View.of(b, (o[2] + i * loop.step(2)) * k * n, k, n);
                        pair.accept(first, second, (o[0] + i * loop.step(0)) * m * n);
                    }
                },
                0,
                0,
                0);
    }

    private static Shape batch(Shape shape) {
        long[] dims = shape.dims();
        return Shape.of(Arrays.copyOf(dims, Math.max(0, dims.length - 2)));
    }

    /// Shape of a batched product with NumPy's rules, as far as it is known; null if not even its rank is.
    ///
    /// @throws IllegalArgumentException if the operands do not fit
    static @Nullable PartialShape outputShape(@Nullable PartialShape a, @Nullable PartialShape b) {
        if (a == null || b == null) {
            return null;
        }
        if (a.rank() == 0 || b.rank() == 0) {
            throw Inference.mismatch("operands of a matrix product", "at least one axis each", a + " and " + b);
        }
        Extents.unify(a.dim(-1), b.dim(b.rank() > 1 ? -2 : -1), "inner extents of " + a + " and " + b);
        PartialShape batch = PartialShape.broadcast(batch(a), batch(b));
        List<Dim> dims = new ArrayList<>(batch.dims());
        if (a.rank() > 1) {
            dims.add(a.dim(-2));
        }
        if (b.rank() > 1) {
            dims.add(b.dim(-1));
        }
        return new PartialShape(dims);
    }

    private static PartialShape batch(PartialShape shape) {
        return new PartialShape(shape.dims().subList(0, Math.max(0, shape.rank() - 2)));
    }
}
