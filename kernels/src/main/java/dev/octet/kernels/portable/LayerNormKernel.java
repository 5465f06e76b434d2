package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.LayerNorm;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;

/// Layer normalization: mean and variance in double over two passes.
record LayerNormKernel(LayerNorm spec) implements AxisLoop.Body {
    static Kernel of(LayerNorm spec) {
        return new AxisLoop(spec.rows(), spec.length(), 1, new LayerNormKernel(spec));
    }

    @Override
    public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        int length = spec.length();
        float[] values = scratch.floats(Slot.VALUES, length);
        float[] parameters = scratch.floats(Slot.EXTRA, length);
        Loader.FLOAT.load(inputs[0], row * length, length, 0, values, scratch);
        if (spec.residual()) {
            Loader.FLOAT.load(inputs[spec.residualInput()], row * length, length, 0, parameters, scratch);
            ElementwiseKernels.add(values, parameters, length);
        }
        double mean = SoftmaxKernel.sum(values, length) / length;
        double variance = squares(values, length, mean) / length;
        double factor = 1 / Math.sqrt(variance + spec.epsilon());
        for (int j = 0; j < length; j++) {
            values[j] = (float) ((values[j] - mean) * factor);
        }
        Loader.FLOAT.load(inputs[1], 0, length, 0, parameters, scratch);
        for (int j = 0; j < length; j++) {
            values[j] *= parameters[j];
        }
        if (spec.bias()) {
            Loader.FLOAT.load(inputs[2], 0, length, 0, parameters, scratch);
            ElementwiseKernels.add(values, parameters, length);
        }
        ElementwiseKernels.store(values, length, outputs[0], row * length);
    }

    private static double squares(float[] values, int n, double mean) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int j = 0;
        for (; j + 4 <= n; j += 4) {
            double d0 = values[j] - mean;
            double d1 = values[j + 1] - mean;
            double d2 = values[j + 2] - mean;
            double d3 = values[j + 3] - mean;
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; j < n; j++) {
            s0 += (values[j] - mean) * (values[j] - mean);
        }
        return s0 + s1 + (s2 + s3);
    }

    @Override
    public void columns(
            long outer, long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        throw new IllegalStateException("rows are contiguous");
    }
}
