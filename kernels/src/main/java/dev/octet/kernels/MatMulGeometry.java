package dev.octet.kernels;

import java.util.Arrays;

/// Extents of a batch of matrix products `C[M, N] = A[M, K] · B[K, N]`, and where each matrix lies in its operand.
/// Strides and offsets let a product read and write parts of tensors, such as the heads of an attention, where they
/// are.
///
/// @param batchOffsetsA element offset of A's matrix for each batch entry, so that broadcast batches need no copy
/// @param batchOffsetsB likewise of B's
/// @param batchOffsetsC likewise of C's; results do not overlap
/// @param strideA elements from one row of A to the next as it lies in memory, at least a row's length
/// @param strideB likewise of B
/// @param strideC likewise of C
/// @param transA whether A lies in memory as `[K, M]`
/// @param transB whether B lies in memory as `[N, K]`
public record MatMulGeometry(
        int m,
        int n,
        int k,
        long[] batchOffsetsA,
        long[] batchOffsetsB,
        long[] batchOffsetsC,
        int strideA,
        int strideB,
        int strideC,
        boolean transA,
        boolean transB) {
    public MatMulGeometry {
        if (m < 0 || n < 0 || k < 0) {
            throw new IllegalArgumentException(
                    "matrix product: expected extents >= 0, found M " + m + ", N " + n + ", K " + k);
        }
        if (batchOffsetsA.length != batchOffsetsB.length || batchOffsetsA.length != batchOffsetsC.length) {
            throw new IllegalArgumentException(
                    "matrix product: expected as many batch offsets of A as of B and C, found "
                            + batchOffsetsA.length
                            + ", "
                            + batchOffsetsB.length
                            + " and "
                            + batchOffsetsC.length);
        }
        for (long[] offsets : new long[][] {batchOffsetsA, batchOffsetsB, batchOffsetsC}) {
            if (Arrays.stream(offsets).anyMatch(o -> o < 0)) {
                throw new IllegalArgumentException("matrix product: negative batch offset");
            }
        }
        if (strideA < (transA ? m : k) || strideB < (transB ? k : n) || strideC < n) {
            throw new IllegalArgumentException(
                    "matrix product: expected strides of at least a row, found "
                            + strideA
                            + ", "
                            + strideB
                            + ", "
                            + strideC);
        }
    }

    /// Matrices without gaps between rows, the results one after the other.
    public MatMulGeometry(
            int m, int n, int k, long[] batchOffsetsA, long[] batchOffsetsB, boolean transA, boolean transB) {
        this(
                m,
                n,
                k,
                batchOffsetsA,
                batchOffsetsB,
                consecutive(batchOffsetsA.length, (long) m * n),
                transA ? m : k,
                transB ? k : n,
                n,
                transA,
                transB);
    }

    private static long[] consecutive(int count, long length) {
        long[] offsets = new long[count];
        Arrays.setAll(offsets, i -> i * length);
        return offsets;
    }

    public static MatMulGeometry of(int m, int n, int k) {
        return new MatMulGeometry(m, n, k, new long[1], new long[1], false, false);
    }

    public int batches() {
        return batchOffsetsA.length;
    }

    /// Whether rows follow one another without gaps, and results too.
    public boolean isDense() {
        return strideA == (transA ? m : k)
                && strideB == (transB ? k : n)
                && strideC == n
                && Arrays.equals(batchOffsetsC, consecutive(batches(), (long) m * n));
    }

    /// Elements that A's operand must have: up to the end of the last matrix in it.
    public long elementsA() {
        return transA ? end(batchOffsetsA, k, m, strideA) : end(batchOffsetsA, m, k, strideA);
    }

    /// Elements that B's operand must have.
    public long elementsB() {
        return transB ? end(batchOffsetsB, n, k, strideB) : end(batchOffsetsB, k, n, strideB);
    }

    /// Elements that C's operand must have. Those between rows are left as they are.
    public long elementsC() {
        return batches() == 0 ? 0 : end(batchOffsetsC, m, n, strideC);
    }

    private static long end(long[] offsets, int rows, int columns, int stride) {
        long matrix = rows == 0 || columns == 0 ? 0 : (rows - 1L) * stride + columns;
        return Arrays.stream(offsets).max().orElse(0) + matrix;
    }

    /// Multiply-accumulate operations of all batches.
    public long macs() {
        return (long) batches() * m * n * k;
    }
}
