package dev.octet.kernels.portable;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Means of planes.
final class GlobalAveragePoolKernel {
    private GlobalAveragePoolKernel() {}

    static Kernel of(KernelSpec.GlobalAveragePool spec) {
        Encoding input = spec.input();
        Encoding output = spec.output();
        if (input == null || output == null) {
            return ReduceKernel.of(new KernelSpec.Reduce(ReduceFunction.MEAN, spec.planes(), spec.pixels(), 1));
        }
        return new AxisLoop(spec.planes(), spec.pixels(), 1, new Quantized(spec.pixels(), input, output));
    }

    private record Quantized(int pixels, Encoding input, Encoding output) implements AxisLoop.Body {
        @Override
        public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
            byte[] bytes = scratch.bytes(Slot.TEMPORARY, Scratch.CHUNK);
            long sum = 0;
            for (int at = 0; at < pixels; at += Scratch.CHUNK) {
                int n = Math.min(Scratch.CHUNK, pixels - at);
                MemorySegment.copy(inputs[0], ValueLayout.JAVA_BYTE, row * pixels + at, bytes, 0, n);
                sum += sum(bytes, n, input.dtype().isSigned() ? 0 : 0x80) + (input.dtype().isSigned() ? 0 : 128L * n);
            }
            float multiplier = input.scale() / (output.scale() * pixels);
            float[] steps = scratch.floats(Slot.VALUES, 1);
            steps[0] = (float) (int) (sum - (long) pixels * input.zeroPoint()) * multiplier;
            ByteRounding.of(output.dtype(), output.zeroPoint()).store(steps, 1, outputs[0], row, scratch);
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
            throw new IllegalStateException("planes are contiguous");
        }
    }
}
