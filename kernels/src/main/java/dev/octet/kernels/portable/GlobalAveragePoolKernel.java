package dev.octet.kernels.portable;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Means of planes, or of the pixels of each channel.
final class GlobalAveragePoolKernel {
    private GlobalAveragePoolKernel() {}

    static Kernel of(KernelSpec.GlobalAveragePool spec) {
        Encoding input = spec.input();
        Encoding output = spec.output();
        if (input == null || output == null) {
            return ReduceKernel.of(
                    new KernelSpec.Reduce(ReduceFunction.MEAN, spec.outer(), spec.pixels(), spec.inner()));
        }
        return new AxisLoop(
                spec.outer(), spec.pixels(), spec.inner(), new Quantized(spec.pixels(), spec.inner(), input, output));
    }

    private record Quantized(int pixels, long inner, Encoding input, Encoding output) implements AxisLoop.Body {
        @Override
        public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
            byte[] bytes = scratch.bytes(Slot.TEMPORARY, Scratch.CHUNK);
            long sum = 0;
            for (int at = 0; at < pixels; at += Scratch.CHUNK) {
                int n = Math.min(Scratch.CHUNK, pixels - at);
                MemorySegment.copy(inputs[0], ValueLayout.JAVA_BYTE, row * pixels + at, bytes, 0, n);
                sum += sum(bytes, n, input.dtype().isSigned() ? 0 : 0x80) + (input.dtype().isSigned() ? 0 : 128L * n);
            }
            int[] sums = scratch.ints(Slot.VALUES, 1);
            sums[0] = (int) (sum - (long) pixels * input.zeroPoint());
            store(sums, 1, outputs[0], row, scratch);
        }

        /// @param sums of the values less the zero point
        private void store(int[] sums, int n, MemorySegment y, long element, Scratch scratch) {
            float multiplier = input.scale() / (output.scale() * pixels);
            float[] steps = scratch.floats(Slot.VALUES, n);
            for (int j = 0; j < n; j++) {
                steps[j] = sums[j] * multiplier;
            }
            ByteRounding.of(output.dtype(), output.zeroPoint()).store(steps, n, y, element, scratch);
        }

        /// Of the signed bytes that flipping gives.
        private static int sum(byte[] bytes, int n, int flip) {
            int sum = 0;
            for (int j = 0; j < n; j++) {
                sum += (byte) (bytes[j] ^ flip);
            }
            return sum;
        }

        @Override
        public void columns(
                long outer, long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
            byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
            int[] sums = scratch.ints(Slot.VALUES, n);
            int flip = input.dtype().isSigned() ? 0 : 0x80;
            Arrays.fill(sums, 0, n, -pixels * (input.zeroPoint() - flip));
            for (int pixel = 0; pixel < pixels; pixel++) {
                long element = (outer * pixels + pixel) * inner + start;
                MemorySegment.copy(inputs[0], ValueLayout.JAVA_BYTE, element, bytes, 0, n);
                for (int j = 0; j < n; j++) {
                    sums[j] += (byte) (bytes[j] ^ flip);
                }
            }
            store(sums, n, outputs[0], outer * inner + start, scratch);
        }
    }
}
