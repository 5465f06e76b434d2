package dev.octet.kernels.integer;

import java.util.Arrays;

/// The inner loops of products: rows of sums, four at a time, so that a row of weights read once serves four.
final class Product {
    /// Rows of a block.
    static final int ROWS = 4;

    private Product() {}

    /// `sums[r][n] = Σ left[r][k]·right[k][n]` of `rows ≤ ROWS` rows. All arrays are row-major without gaps.
    ///
    /// @param from where `right` begins in its array
    static void multiply(int[] left, int[] right, int from, int rows, int depth, int width, int[] sums) {
        Arrays.fill(sums, 0, rows * width, 0);
        if (rows == ROWS) {
            multiplyFour(left, right, from, depth, width, sums);
            return;
        }
        for (int row = 0; row < rows; row++) {
            for (int k = 0; k < depth; k++) {
                int factor = left[row * depth + k];
                if (factor != 0) {
                    addScaled(sums, row * width, right, from + k * width, factor, width);
                }
            }
        }
    }

    private static void multiplyFour(int[] left, int[] right, int from, int depth, int width, int[] sums) {
        for (int k = 0; k < depth; k++) {
            addScaled(
                    sums,
                    right,
                    from + k * width,
                    left[k],
                    left[depth + k],
                    left[2 * depth + k],
                    left[3 * depth + k],
                    width);
        }
    }

    private static void addScaled(int[] sums, int at, int[] values, int from, int factor, int count) {
        for (int n = 0; n < count; n++) {
            sums[at + n] += factor * values[from + n];
        }
    }

    private static void addScaled(int[] sums, int[] values, int from, int a, int b, int c, int d, int count) {
        for (int n = 0; n < count; n++) {
            int value = values[from + n];
            sums[n] += a * value;
            sums[count + n] += b * value;
            sums[2 * count + n] += c * value;
            sums[3 * count + n] += d * value;
        }
    }

    /// `sums[i] += a[i]·b[from + i]`.
    static void addProducts(int[] sums, int[] a, int[] b, int from, int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += a[i] * b[from + i];
        }
    }
}
