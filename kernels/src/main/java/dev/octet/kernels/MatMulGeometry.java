package dev.octet.kernels;

/// Extents of a batch of matrix products `C[M, N] = A[M, K] · B[K, N]`.
///
/// @param batchOffsetsA element offset of A's matrix for each batch entry, so that broadcast batches need no copy
/// @param batchOffsetsB likewise of B's
/// @param transA whether A lies in memory as `[K, M]`
/// @param transB whether B lies in memory as `[N, K]`
public record MatMulGeometry(
        int m, int n, int k, long[] batchOffsetsA, long[] batchOffsetsB, boolean transA, boolean transB) {
    public static MatMulGeometry of(int m, int n, int k) {
        return new MatMulGeometry(m, n, k, new long[1], new long[1], false, false);
    }

    public int batches() {
        return batchOffsetsA.length;
    }

    /// Multiply-accumulate operations of all batches.
    public long macs() {
        return (long) batches() * m * n * k;
    }
}
