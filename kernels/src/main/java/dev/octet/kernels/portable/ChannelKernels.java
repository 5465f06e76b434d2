package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Element-wise kernels over `[outer, channels, inner]` whose parameters belong to channels.
final class ChannelKernels {
    private ChannelKernels() {}

    /// Parameters spread over elements in the order of memory.
    private record Spread(int channels, long inner) {
        /// Shortest run of one channel that is worth a chunk of its own, whose parameters are then the same.
        private static final int WORTHWHILE = 128;

        static Spread of(int parameters, int channels, long inner) {
            return parameters == 1 ? new Spread(1, Long.MAX_VALUE) : new Spread(channels, inner);
        }

        int limit(long start) {
            long run = inner - start % inner;
            return run < WORTHWHILE ? Scratch.CHUNK : (int) Math.min(Scratch.CHUNK, run);
        }

        /// Whether `n` elements from `start` on belong to one channel.
        boolean isUniform(long start, int n) {
            return n <= inner - start % inner;
        }

        int channel(long start) {
            return (int) (start / inner % channels);
        }

        float[] spread(float[] parameters, long start, int n, float[] into) {
            int channel = channel(start);
            for (int at = 0; at < n; ) {
                int run = (int) Math.min(n - at, inner - (start + at) % inner);
                Arrays.fill(into, at, at + run, parameters[channel]);
                at += run;
                channel = channel + 1 == channels ? 0 : channel + 1;
            }
            return into;
        }
    }

    /// A chunk of elements, read and written by the kernel.
    private interface Step {
        /// @param c the channel of all elements
        void uniform(long start, int n, int c, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch);

        /// @param first the first parameter of each element
        /// @param second likewise
        void mixed(
                long start,
                int n,
                float[] first,
                float[] second,
                MemorySegment[] inputs,
                MemorySegment[] outputs,
                Scratch scratch);
    }

    private static Kernel loop(long count, Spread spread, float[] first, float[] second, Step step) {
        return new ElementLoop(
                count,
                new ElementLoop.Body() {
                    @Override
                    public int limit(long start) {
                        return spread.limit(start);
                    }

                    @Override
                    public void run(
                            long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
                        if (spread.isUniform(start, n)) {
                            step.uniform(start, n, spread.channel(start), inputs, outputs, scratch);
                            return;
                        }
                        float[] firsts = spread.spread(first, start, n, scratch.floats(Slot.LEFT, n));
                        float[] seconds = spread.spread(second, start, n, scratch.floats(Slot.RAW, n));
                        step.mixed(start, n, firsts, seconds, inputs, outputs, scratch);
                    }
                });
    }

    static Kernel of(KernelSpec.ChannelAffine spec) {
        float[] scale = spec.scale().clone();
        float[] shift = spec.shift().clone();
        Activation epilogue = Activation.of(spec.epilogue());
        long count = spec.outer() * spec.channels() * spec.inner();
        return loop(
                count,
                new Spread(spec.channels(), spec.inner()),
                scale,
                shift,
                new Step() {
                    @Override
                    public void uniform(
                            long start, int n, int c, MemorySegment[] in, MemorySegment[] out, Scratch scratch) {
                        float[] values = load(Loader.FLOAT, in[0], start, n, scratch);
                        float a = scale[c];
                        float b = shift[c];
                        for (int i = 0; i < n; i++) {
                            values[i] = Math.fma(values[i], a, b);
                        }
                        epilogue.apply(values, n, scratch);
                        ElementwiseKernels.store(values, n, out[0], start);
                    }

                    @Override
                    public void mixed(
                            long start,
                            int n,
                            float[] a,
                            float[] b,
                            MemorySegment[] in,
                            MemorySegment[] out,
                            Scratch scratch) {
                        float[] values = load(Loader.FLOAT, in[0], start, n, scratch);
                        for (int i = 0; i < n; i++) {
                            values[i] = Math.fma(values[i], a[i], b[i]);
                        }
                        epilogue.apply(values, n, scratch);
                        ElementwiseKernels.store(values, n, out[0], start);
                    }
                });
    }

    static Kernel of(KernelSpec.Quantize spec) {
        int channels = spec.channels();
        float[] scales = perChannel(spec.scales(), spec.zeroPoints().length);
        float[] zeroPoints = perChannel(floats(spec.zeroPoints()), scales.length);
        ByteRounding[] roundings = new ByteRounding[zeroPoints.length];
        Arrays.setAll(roundings, c -> ByteRounding.of(spec.dtype(), (int) zeroPoints[c]));
        long count = spec.outer() * channels * spec.inner();
        return loop(
                count,
                Spread.of(scales.length, channels, spec.inner()),
                scales,
                zeroPoints,
                new Step() {
                    @Override
                    public void uniform(
                            long start, int n, int c, MemorySegment[] in, MemorySegment[] out, Scratch scratch) {
                        float[] values = load(Loader.FLOAT, in[0], start, n, scratch);
                        ElementwiseKernels.divide(values, n, scales[c]);
                        roundings[c].store(values, n, out[0], start, scratch);
                    }

                    @Override
                    public void mixed(
                            long start,
                            int n,
                            float[] s,
                            float[] z,
                            MemorySegment[] in,
                            MemorySegment[] out,
                            Scratch scratch) {
                        float[] values = load(Loader.FLOAT, in[0], start, n, scratch);
                        byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
                        ByteRounding.quantize(values, s, z, spec.dtype(), bytes, n);
                        MemorySegment.copy(bytes, 0, out[0], ValueLayout.JAVA_BYTE, start, n);
                    }
                });
    }

    static Kernel of(KernelSpec.Dequantize spec) {
        float[] scales = perChannel(spec.scales(), spec.zeroPoints().length);
        int[] zeroPoints =
                spec.zeroPoints().length == scales.length
                        ? spec.zeroPoints().clone()
                        : repeat(spec.zeroPoints()[0], scales.length);
        Spread spread = Spread.of(scales.length, spec.channels(), spec.inner());
        long count = spec.outer() * spec.channels() * spec.inner();
        if (spec.dtype() == DType.INT32) {
            return integers(count, spread, scales, zeroPoints);
        }
        Loader loader = Loader.of(spec.dtype());
        return loop(
                count,
                spread,
                scales,
                floats(zeroPoints),
                new Step() {
                    @Override
                    public void uniform(
                            long start, int n, int c, MemorySegment[] in, MemorySegment[] out, Scratch scratch) {
                        float[] values = scratch.floats(Slot.VALUES, n);
                        loader.load(in[0], start, n, zeroPoints[c], values, scratch);
                        float scale = scales[c];
                        for (int i = 0; i < n; i++) {
                            values[i] *= scale;
                        }
                        ElementwiseKernels.store(values, n, out[0], start);
                    }

                    @Override
                    public void mixed(
                            long start,
                            int n,
                            float[] s,
                            float[] z,
                            MemorySegment[] in,
                            MemorySegment[] out,
                            Scratch scratch) {
                        float[] values = load(loader, in[0], start, n, scratch);
                        for (int i = 0; i < n; i++) {
                            values[i] = (values[i] - z[i]) * s[i];
                        }
                        ElementwiseKernels.store(values, n, out[0], start);
                    }
                });
    }

    /// Of INT32, whose differences to the zero point are rounded to float once.
    private static Kernel integers(long count, Spread spread, float[] scales, int[] zeroPoints) {
        return new ElementLoop(
                count,
                (start, n, inputs, outputs, scratch) -> {
                    int[] values = scratch.ints(Slot.VALUES, n);
                    float[] results = scratch.floats(Slot.VALUES, n);
                    MemorySegment.copy(inputs[0], ValueLayout.JAVA_INT_UNALIGNED, 4 * start, values, 0, n);
                    for (int i = 0; i < n; i++) {
                        int c = spread.channel(start + i);
                        results[i] = (float) (values[i] - zeroPoints[c]) * scales[c];
                    }
                    ElementwiseKernels.store(results, n, outputs[0], start);
                });
    }

    private static float[] load(Loader loader, MemorySegment from, long start, int n, Scratch scratch) {
        float[] values = scratch.floats(Slot.VALUES, n);
        loader.load(from, start, n, 0, values, scratch);
        return values;
    }

    /// The values, repeated if there is one but `count` are needed.
    private static float[] perChannel(float[] values, int count) {
        if (values.length >= count) {
            return values.clone();
        }
        float[] repeated = new float[count];
        Arrays.fill(repeated, values[0]);
        return repeated;
    }

    private static int[] repeat(int value, int count) {
        int[] repeated = new int[count];
        Arrays.fill(repeated, value);
        return repeated;
    }

    private static float[] floats(int[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values[i];
        }
        return floats;
    }
}
