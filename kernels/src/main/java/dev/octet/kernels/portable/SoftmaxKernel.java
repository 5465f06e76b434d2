package dev.octet.kernels.portable;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Softmax and its logarithm: exponentials in float, their sums in double.
record SoftmaxKernel(boolean log, int length, long inner) implements AxisLoop.Body {
    static Kernel of(KernelSpec.Softmax spec) {
        SoftmaxKernel body = new SoftmaxKernel(spec.log(), Math.toIntExact(spec.length()), spec.inner());
        return new AxisLoop(spec.outer(), spec.length(), spec.inner(), body);
    }

    @Override
    public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        float[] values = scratch.floats(Slot.VALUES, length);
        Loader.FLOAT.load(inputs[0], row * length, length, 0, values, scratch);
        if (log) {
            logarithms(values, length, scratch);
        } else {
            apply(values, length, scratch);
        }
        ElementwiseKernels.store(values, length, outputs[0], row * length);
    }

    /// Softmax of `n` values, in their place.
    static void apply(float[] values, int n, Scratch scratch) {
        subtract(values, n, max(values, n));
        Activation.EXP.apply(values, n, scratch);
        float factor = (float) (1 / sum(values, n));
        for (int j = 0; j < n; j++) {
            values[j] *= factor;
        }
    }

    private static void logarithms(float[] values, int n, Scratch scratch) {
        subtract(values, n, max(values, n));
        float[] powers = scratch.floats(Slot.LEFT, n);
        System.arraycopy(values, 0, powers, 0, n);
        Activation.EXP.apply(powers, n, scratch);
        subtract(values, n, (float) Math.log(sum(powers, n)));
    }

    private static void subtract(float[] values, int n, float shift) {
        for (int j = 0; j < n; j++) {
            values[j] -= shift;
        }
    }

    /// Four at a time: one after the other, each would wait for the one before. NaN is left out; the exponentials of a
    /// row with NaN have it anyway.
    private static float max(float[] values, int n) {
        float m0 = Float.NEGATIVE_INFINITY;
        float m1 = m0;
        float m2 = m0;
        float m3 = m0;
        int j = 0;
        for (; j + 4 <= n; j += 4) {
            m0 = values[j] > m0 ? values[j] : m0;
            m1 = values[j + 1] > m1 ? values[j + 1] : m1;
            m2 = values[j + 2] > m2 ? values[j + 2] : m2;
            m3 = values[j + 3] > m3 ? values[j + 3] : m3;
        }
        for (; j < n; j++) {
            m0 = values[j] > m0 ? values[j] : m0;
        }
        return Math.max(Math.max(m0, m1), Math.max(m2, m3));
    }

    static double sum(float[] values, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int j = 0;
        for (; j + 4 <= n; j += 4) {
            s0 += values[j];
            s1 += values[j + 1];
            s2 += values[j + 2];
            s3 += values[j + 3];
        }
        for (; j < n; j++) {
            s0 += values[j];
        }
        return s0 + s1 + (s2 + s3);
    }

    /// Three passes; the shifted exponents rest in the output between them.
    @Override
    public void columns(
            long outer, long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        long element = outer * length * inner + start;
        float[] values = scratch.floats(Slot.VALUES, n);
        float[] max = scratch.floats(Slot.LEFT, n);
        Arrays.fill(max, 0, n, Float.NEGATIVE_INFINITY);
        for (int p = 0; p < length; p++) {
            Loader.FLOAT.load(inputs[0], element + p * inner, n, 0, values, scratch);
            for (int j = 0; j < n; j++) {
                max[j] = Math.max(max[j], values[j]);
            }
        }
        double[] sums = scratch.doubles(Slot.VALUES, n);
        Arrays.fill(sums, 0, n, 0);
        for (int p = 0; p < length; p++) {
            Loader.FLOAT.load(inputs[0], element + p * inner, n, 0, values, scratch);
            for (int j = 0; j < n; j++) {
                values[j] -= max[j];
            }
            if (log) {
                ElementwiseKernels.store(values, n, outputs[0], element + p * inner);
            }
            Activation.EXP.apply(values, n, scratch);
            if (!log) {
                ElementwiseKernels.store(values, n, outputs[0], element + p * inner);
            }
            Lanes.fold(ReduceFunction.SUM, sums, values, n);
        }
        float[] factors = max;
        for (int j = 0; j < n; j++) {
            factors[j] = (float) (log ? Math.log(sums[j]) : 1 / sums[j]);
        }
        for (int p = 0; p < length; p++) {
            Loader.FLOAT.load(outputs[0], element + p * inner, n, 0, values, scratch);
            for (int j = 0; j < n; j++) {
                values[j] = log ? values[j] - factors[j] : values[j] * factors[j];
            }
            ElementwiseKernels.store(values, n, outputs[0], element + p * inner);
        }
    }
}
