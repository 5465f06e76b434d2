package dev.octet.kernels.portable;

import java.util.Arrays;

/// The inner loops of every product: `C[rows, n] += A[rows, k] · B[k, n]`, where A is read one scalar at a time and B
/// and C are arrays of rows.
///
/// Each row is an array of its own, indexed by the loop variable alone: what the JIT compiler needs to use vector
/// instructions. Sums over integers below 2²⁴ in magnitude are exact, so the integer kernels use these loops, too.
final class FloatGemm {
    /// Rows of B that are worked on at a time: a block of [Scratch#COLUMNS] columns fits the second cache.
    static final int DEPTH = 256;

    private FloatGemm() {}

    /// @param a scalar of row i and step p at `a[offset + i·rowStride + p·stepStride]`
    /// @param b rows from index `first` on
    /// @param k number of steps
    static void accumulate(
            float[][] c,
            int rows,
            float[] a,
            int offset,
            int rowStride,
            int stepStride,
            float[][] b,
            int first,
            int k,
            int n) {
        int i = 0;
        for (; i + 4 <= rows; i += 4) {
            int at = offset + i * rowStride;
            int p = 0;
            for (; p + 4 <= k; p += 4) {
                fourByFour(c, i, a, at + p * stepStride, rowStride, stepStride, b, first + p, n);
            }
            for (; p < k; p++) {
                fourByOne(c, i, a, at + p * stepStride, rowStride, b[first + p], n);
            }
        }
        for (; i < rows; i++) {
            int at = offset + i * rowStride;
            int p = 0;
            for (; p + 8 <= k; p += 8) {
                oneByEight(c[i], a, at + p * stepStride, stepStride, b, first + p, n);
            }
            for (; p + 4 <= k; p += 4) {
                oneByFour(c[i], a, at + p * stepStride, stepStride, b, first + p, n);
            }
            for (; p < k; p++) {
                oneByOne(c[i], a[at + p * stepStride], b[first + p], n);
            }
        }
    }

    static void clear(float[][] c, int rows, int n) {
        for (int i = 0; i < rows; i++) {
            Arrays.fill(c[i], 0, n, 0);
        }
    }

    static int[][] clear(int[][] carried, int rows, int n) {
        for (int i = 0; i < rows; i++) {
            Arrays.fill(carried[i], 0, n, 0);
        }
        return carried;
    }

    /// Moves integer-valued sums to integers, so that the next block of steps starts from zero.
    static void carry(float[][] sums, int[][] carried, int rows, int n) {
        for (int i = 0; i < rows; i++) {
            IntegerStore.carry(sums[i], carried[i], n);
        }
        clear(sums, rows, n);
    }

    private static void fourByFour(
            float[][] c, int i, float[] a, int at, int rowStride, int stepStride, float[][] b, int p, int n) {
        float[] c0 = c[i];
        float[] c1 = c[i + 1];
        float[] c2 = c[i + 2];
        float[] c3 = c[i + 3];
        float[] b0 = b[p];
        float[] b1 = b[p + 1];
        float[] b2 = b[p + 2];
        float[] b3 = b[p + 3];
        int q = at;
        float a00 = a[q];
        float a01 = a[q + stepStride];
        float a02 = a[q + 2 * stepStride];
        float a03 = a[q + 3 * stepStride];
        q += rowStride;
        float a10 = a[q];
        float a11 = a[q + stepStride];
        float a12 = a[q + 2 * stepStride];
        float a13 = a[q + 3 * stepStride];
        q += rowStride;
        float a20 = a[q];
        float a21 = a[q + stepStride];
        float a22 = a[q + 2 * stepStride];
        float a23 = a[q + 3 * stepStride];
        q += rowStride;
        float a30 = a[q];
        float a31 = a[q + stepStride];
        float a32 = a[q + 2 * stepStride];
        float a33 = a[q + 3 * stepStride];
        for (int j = 0; j < n; j++) {
            float x0 = b0[j];
            float x1 = b1[j];
            float x2 = b2[j];
            float x3 = b3[j];
            c0[j] = Math.fma(a03, x3, Math.fma(a02, x2, Math.fma(a01, x1, Math.fma(a00, x0, c0[j]))));
            c1[j] = Math.fma(a13, x3, Math.fma(a12, x2, Math.fma(a11, x1, Math.fma(a10, x0, c1[j]))));
            c2[j] = Math.fma(a23, x3, Math.fma(a22, x2, Math.fma(a21, x1, Math.fma(a20, x0, c2[j]))));
            c3[j] = Math.fma(a33, x3, Math.fma(a32, x2, Math.fma(a31, x1, Math.fma(a30, x0, c3[j]))));
        }
    }

    private static void fourByOne(float[][] c, int i, float[] a, int at, int rowStride, float[] b, int n) {
        float[] c0 = c[i];
        float[] c1 = c[i + 1];
        float[] c2 = c[i + 2];
        float[] c3 = c[i + 3];
        float a0 = a[at];
        float a1 = a[at + rowStride];
        float a2 = a[at + 2 * rowStride];
        float a3 = a[at + 3 * rowStride];
        for (int j = 0; j < n; j++) {
            float x = b[j];
            c0[j] = Math.fma(a0, x, c0[j]);
            c1[j] = Math.fma(a1, x, c1[j]);
            c2[j] = Math.fma(a2, x, c2[j]);
            c3[j] = Math.fma(a3, x, c3[j]);
        }
    }

    private static void oneByEight(float[] c, float[] a, int at, int stepStride, float[][] b, int p, int n) {
        float[] b0 = b[p];
        float[] b1 = b[p + 1];
        float[] b2 = b[p + 2];
        float[] b3 = b[p + 3];
        float[] b4 = b[p + 4];
        float[] b5 = b[p + 5];
        float[] b6 = b[p + 6];
        float[] b7 = b[p + 7];
        float a0 = a[at];
        float a1 = a[at + stepStride];
        float a2 = a[at + 2 * stepStride];
        float a3 = a[at + 3 * stepStride];
        float a4 = a[at + 4 * stepStride];
        float a5 = a[at + 5 * stepStride];
        float a6 = a[at + 6 * stepStride];
        float a7 = a[at + 7 * stepStride];
        for (int j = 0; j < n; j++) {
            // Two chains, since one would wait for each product in turn.
            float even = Math.fma(a6, b6[j], Math.fma(a4, b4[j], Math.fma(a2, b2[j], a0 * b0[j])));
            c[j] = Math.fma(a7, b7[j], Math.fma(a5, b5[j], Math.fma(a3, b3[j], Math.fma(a1, b1[j], c[j])))) + even;
        }
    }

    private static void oneByFour(float[] c, float[] a, int at, int stepStride, float[][] b, int p, int n) {
        float[] b0 = b[p];
        float[] b1 = b[p + 1];
        float[] b2 = b[p + 2];
        float[] b3 = b[p + 3];
        float a0 = a[at];
        float a1 = a[at + stepStride];
        float a2 = a[at + 2 * stepStride];
        float a3 = a[at + 3 * stepStride];
        for (int j = 0; j < n; j++) {
            c[j] = Math.fma(a3, b3[j], Math.fma(a2, b2[j], Math.fma(a1, b1[j], Math.fma(a0, b0[j], c[j]))));
        }
    }

    private static void oneByOne(float[] c, float a, float[] b, int n) {
        for (int j = 0; j < n; j++) {
            c[j] = Math.fma(a, b[j], c[j]);
        }
    }
}
