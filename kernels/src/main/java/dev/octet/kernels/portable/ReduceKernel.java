package dev.octet.kernels.portable;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Reductions along one axis, folded in double.
///
/// @param length elements that become one
/// @param inner elements between them
record ReduceKernel(ReduceFunction function, long length, long inner) implements AxisLoop.Body {
    static Kernel of(KernelSpec.Reduce spec) {
        ReduceKernel body = new ReduceKernel(spec.function(), spec.length(), spec.inner());
        return new AxisLoop(spec.outer(), spec.length(), spec.inner(), body);
    }

    @Override
    public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        double shift = 0;
        if (function == ReduceFunction.LOG_SUM_EXP) {
            shift = finite(fold(ReduceFunction.MAX, inputs[0], row * length, 0, scratch));
        }
        double folded = fold(function, inputs[0], row * length, shift, scratch);
        float result = Lanes.finish(function, folded, length);
        outputs[0].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * row, (float) (result + shift));
    }

    private double fold(ReduceFunction fold, MemorySegment x, long element, double shift, Scratch scratch) {
        int width = (int) Math.min(length, Scratch.CHUNK);
        double[] lanes = scratch.doubles(Slot.VALUES, width);
        float[] values = scratch.floats(Slot.VALUES, width);
        Arrays.fill(lanes, 0, width, Lanes.start(fold));
        for (long at = 0; at < length; at += width) {
            int n = (int) Math.min(width, length - at);
            Loader.FLOAT.load(x, element + at, n, 0, values, scratch);
            if (fold == ReduceFunction.LOG_SUM_EXP) {
                shiftedExp(values, n, (float) shift, scratch);
            }
            Lanes.fold(fold, lanes, values, n);
        }
        return Lanes.across(fold, lanes, width);
    }

    @Override
    public void columns(
            long outer, long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        long element = outer * length * inner + start;
        double[] lanes = scratch.doubles(Slot.VALUES, n);
        float[] values = scratch.floats(Slot.VALUES, n);
        float[] shifts = scratch.floats(Slot.LEFT, n);
        Arrays.fill(shifts, 0, n, 0);
        if (function == ReduceFunction.LOG_SUM_EXP) {
            Arrays.fill(lanes, 0, n, Double.NEGATIVE_INFINITY);
            for (long p = 0; p < length; p++) {
                Loader.FLOAT.load(inputs[0], element + p * inner, n, 0, values, scratch);
                Lanes.fold(ReduceFunction.MAX, lanes, values, n);
            }
            for (int j = 0; j < n; j++) {
                shifts[j] = (float) finite(lanes[j]);
            }
        }
        Arrays.fill(lanes, 0, n, Lanes.start(function));
        for (long p = 0; p < length; p++) {
            Loader.FLOAT.load(inputs[0], element + p * inner, n, 0, values, scratch);
            if (function == ReduceFunction.LOG_SUM_EXP) {
                for (int j = 0; j < n; j++) {
                    values[j] -= shifts[j];
                }
                Activation.EXP.apply(values, n, scratch);
            }
            Lanes.fold(function, lanes, values, n);
        }
        for (int j = 0; j < n; j++) {
            values[j] = Lanes.finish(function, lanes[j], length) + shifts[j];
        }
        ElementwiseKernels.store(values, n, outputs[0], outer * inner + start);
    }

    private static void shiftedExp(float[] values, int n, float shift, Scratch scratch) {
        for (int j = 0; j < n; j++) {
            values[j] -= shift;
        }
        Activation.EXP.apply(values, n, scratch);
    }

    /// Infinities are no shift: they would give NaN where the formula does not.
    private static double finite(double shift) {
        return Double.isInfinite(shift) ? 0 : shift;
    }
}
