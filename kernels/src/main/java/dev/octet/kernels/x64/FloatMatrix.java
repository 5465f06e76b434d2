package dev.octet.kernels.x64;

/// A constant B of a float product, `[k, n]`.
///
/// @param offset of the first element
/// @param stride elements from row to row, or from column to column if it is transposed
record FloatMatrix(float[] values, long offset, int stride, int k, int n, boolean transposed) {
    /// Writes columns `first` and up as `[index of K][column]`, leaving those that are not there.
    void panel(int first, int columns, float[] panel) {
        int present = Math.min(columns, n - first);
        int step = transposed ? stride : 1;
        for (int p = 0; p < k; p++) {
            int at = (int) offset + (transposed ? first * stride + p : p * stride + first);
            int to = p * columns;
            for (int j = 0; j < present; j++, at += step) {
                panel[to + j] = values[at];
            }
        }
    }
}
