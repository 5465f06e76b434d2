package dev.octet.kernels.portable;

import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;

/// Element-wise functions over the first `n` elements of an array, in place, as loops that become vector instructions:
/// no calls, no branches, no lookups.
///
/// Relative errors are below 8 units in the last place, or absolute ones below 10⁻⁶ where the formula cancels.
final class Functions {
    /// 1.5·2²³: adding it rounds a float below 2²² in magnitude to an integer, ties to even, in its low bits.
    static final float ROUND = 12582912f;

    private static final float LOG2_E = 1.44269504f;

    /// ln 2 in two parts, the first with so few bits that its products with exponents are exact.
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = -2.12194440e-4f;

    private Functions() {}

    static void abs(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = Math.abs(v[i]);
        }
    }

    static void negate(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = -v[i];
        }
    }

    static void floor(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = (float) Math.floor(v[i]);
        }
    }

    static void ceil(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = (float) Math.ceil(v[i]);
        }
    }

    static void round(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = (float) Math.rint(v[i]);
        }
    }

    static void squareRoot(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = (float) Math.sqrt(v[i]);
        }
    }

    static void reciprocal(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = 1 / v[i];
        }
    }

    /// Product and sum are rounded apart, as [dev.octet.graph.op.Epilogue#apply] does.
    static void affine(float[] v, int n, float scale, float shift) {
        for (int i = 0; i < n; i++) {
            v[i] = v[i] * scale + shift;
        }
    }

    static void relu(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = Math.max(v[i], 0f);
        }
    }

    static void clip(float[] v, int n, float low, float high) {
        for (int i = 0; i < n; i++) {
            v[i] = Math.min(Math.max(v[i], low), high);
        }
    }

    static void leakyRelu(float[] v, int n, float alpha) {
        for (int i = 0; i < n; i++) {
            v[i] = Math.max(v[i], 0f) + alpha * Math.min(v[i], 0f);
        }
    }

    /// In double, so that the result is that of the formula rounded once.
    static void hardSigmoid(float[] v, int n, double alpha, double beta) {
        for (int i = 0; i < n; i++) {
            v[i] = (float) Math.max(0, Math.min(1, alpha * v[i] + beta));
        }
    }

    /// In double, so that the result is that of the formula rounded once.
    static void hardSwish(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            double x = v[i];
            v[i] = (float) (x * Math.max(0, Math.min(1, x / 6 + 0.5)));
        }
    }

    /// `exp(x) = 2ᵉ·exp(r)` with `|r| ≤ ln 2 / 2` and the Taylor series of exp(r) to the sixth power. Results below the
    /// normal floats are 0.
    static void exp(float[] v, int n, Scratch scratch) {
        int[] exponents = scratch.ints(Slot.EXPONENTS, n);
        float[] rounded = scratch.floats(Slot.EXPONENTS, n);
        for (int i = 0; i < n; i++) {
            // Beyond these bounds the result is 0 or infinity, as it is at them.
            float x = Math.min(Math.max(v[i], -104f), 89f);
            float e = (x * LOG2_E + ROUND) - ROUND;
            float r = Math.fma(e, -LN2_LOW, Math.fma(e, -LN2_HIGH, x));
            float p = Math.fma(r, 1.3888889e-3f, 8.3333333e-3f);
            p = Math.fma(r, p, 4.1666667e-2f);
            p = Math.fma(r, p, 1.6666667e-1f);
            p = Math.fma(r, p, 0.5f);
            rounded[i] = e;
            v[i] = Math.fma(r * r, p, r) + 1;
        }
        for (int i = 0; i < n; i++) {
            // Bits of 2ᵉ⁻¹, since 2ᵉ may be infinite where the result is not; 0 where it is below the normal floats.
            exponents[i] = Math.max((int) rounded[i] + 126, 0) << 23;
        }
        // Seeing an int as a float is no vector instruction yet, but copying memory is.
        MemorySegment.copy(MemorySegment.ofArray(exponents), 0, MemorySegment.ofArray(rounded), 0, 4L * n);
        for (int i = 0; i < n; i++) {
            v[i] = (v[i] + v[i]) * rounded[i];
        }
    }

    static void sigmoid(float[] v, int n, Scratch scratch) {
        negate(v, n);
        exp(v, n, scratch);
        for (int i = 0; i < n; i++) {
            v[i] = 1 / (1 + v[i]);
        }
    }

    /// `x > 0 ? positive·x : (exp(x) − 1)·negative`
    static void elu(float[] v, int n, float negative, float positive, Scratch scratch) {
        float[] below = scratch.floats(Slot.EXTRA, n);
        for (int i = 0; i < n; i++) {
            below[i] = Math.min(v[i], 0f);
        }
        exp(below, n, scratch);
        for (int i = 0; i < n; i++) {
            v[i] = positive * Math.max(v[i], 0f) + negative * (below[i] - 1);
        }
    }

    /// A rational function of least relative error on `|x| ≤ 9.02` (6.8·10⁻⁹ before rounding). At the bound it gives 1
    /// exactly, so that GELU's tail vanishes.
    static void tanh(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            float x = Math.min(Math.max(v[i], -9.019999f), 9.019999f);
            float u = x * x;
            float p = Math.fma(u, -8.436485e-14f, 5.257969e-11f);
            p = Math.fma(u, p, -2.0184403e-8f);
            p = Math.fma(u, p, 1.1144372e-5f);
            p = Math.fma(u, p, 3.103013e-3f);
            p = Math.fma(u, p, 0.13083167f);
            p = Math.fma(u, p, 1);
            float q = Math.fma(u, 2.544768e-4f, 2.4491429e-2f);
            q = Math.fma(u, q, 0.46416494f);
            q = Math.fma(u, q, 1);
            v[i] = Math.min(Math.max(x * p / q, -1f), 1f);
        }
    }

    /// A rational function of least relative error on `|x| ≤ 3.93` (1.9·10⁻⁸ before rounding). At the bound it gives 1
    /// exactly, so that GELU's tail vanishes.
    static void erf(float[] v, int n) {
        for (int i = 0; i < n; i++) {
            float x = Math.min(Math.max(v[i], -3.93f), 3.93f);
            float u = x * x;
            float p = Math.fma(u, 2.0420012e-6f, 2.8480386e-4f);
            p = Math.fma(u, p, 3.7794157e-3f);
            p = Math.fma(u, p, 5.2789692e-2f);
            p = Math.fma(u, p, 0.19077937f);
            p = Math.fma(u, p, 1.1283791f);
            float q = Math.fma(u, 3.8004138e-5f, 1.1651650e-3f);
            q = Math.fma(u, q, 1.4997053e-2f);
            q = Math.fma(u, q, 0.11425567f);
            q = Math.fma(u, q, 0.50240654f);
            q = Math.fma(u, q, 1);
            v[i] = Math.min(Math.max(x * p / q, -1f), 1f);
        }
    }

    static void gelu(float[] v, int n, Scratch scratch) {
        float[] inner = scratch.floats(Slot.EXTRA, n);
        for (int i = 0; i < n; i++) {
            inner[i] = v[i] * 0.70710678f;
        }
        erf(inner, n);
        for (int i = 0; i < n; i++) {
            v[i] = 0.5f * v[i] * (1 + inner[i]);
        }
    }

    static void tanhGelu(float[] v, int n, Scratch scratch) {
        float[] inner = scratch.floats(Slot.EXTRA, n);
        for (int i = 0; i < n; i++) {
            float x = v[i];
            inner[i] = 0.7978845608f * Math.fma(0.044715f * x * x, x, x);
        }
        tanh(inner, n);
        for (int i = 0; i < n; i++) {
            v[i] = 0.5f * v[i] * (1 + inner[i]);
        }
    }
}
