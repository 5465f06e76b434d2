package dev.octet.kernels;

import java.util.Arrays;

/// Extents of a batch of matrix products `C[M, N] = A[M, K] · B[K, N]`. The results lie one after the other.
///
/// @param batchOffsetsA element offset of A's matrix for each batch entry, so that broadcast batches need no copy
/// @param batchOffsetsB likewise of B's
/// @param transA whether A lies in memory as `[K, M]`
/// @param transB whether B lies in memory as `[N, K]`
public record MatMulGeometry(
        int m, int n, int k, long[] batchOffsetsA, long[] batchOffsetsB, boolean transA, boolean transB) {
    public MatMulGeometry {
        if (m < 0 || n < 0 || k < 0) {
            throw new IllegalArgumentException(
                    "matrix product: expected extents >= 0, found M " + m + ", N " + n + ", K " + k);
        }
        if (batchOffsetsA.length != batchOffsetsB.length) {
            throw new IllegalArgumentException(
                    "matrix product: expected as many batch offsets of A as of B, found "
                            + batchOffsetsA.length
                            + " and "
                            + batchOffsetsB.length);
        }
        if (Arrays.stream(batchOffsetsA).anyMatch(o -> o < 0) || Arrays.stream(batchOffsetsB).anyMatch(o -> o < 0)) {
            throw new IllegalArgumentException("matrix product: negative batch offset");
        }
    }

    public static MatMulGeometry of(int m, int n, int k) {
        return new MatMulGeometry(m, n, k, new long[1], new long[1], false, false);
    }

    public int batches() {
        return batchOffsetsA.length;
    }

    /// Elements that A's operand must have: up to the end of the last matrix in it.
    public long elementsA() {
        return Arrays.stream(batchOffsetsA).max().orElse(0) + (long) m * k;
    }

    /// Elements that B's operand must have.
    public long elementsB() {
        return Arrays.stream(batchOffsetsB).max().orElse(0) + (long) k * n;
    }

    public long elementsC() {
        return (long) batches() * m * n;
    }

    /// Multiply-accumulate operations of all batches.
    public long macs() {
        return elementsC() * k;
    }
}
