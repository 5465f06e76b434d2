package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Kernels that make bytes without a product: tables, and quantization by the range found in the data.
final class ByteKernels {
    private ByteKernels() {}

    static Kernel of(KernelSpec.TableLookup spec) {
        byte[] table = spec.table().clone();
        return new ElementLoop(
                spec.count(),
                (start, n, inputs, outputs, scratch) -> {
                    byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
                    MemorySegment.copy(inputs[0], ValueLayout.JAVA_BYTE, start, bytes, 0, n);
                    for (int i = 0; i < n; i++) {
                        bytes[i] = table[bytes[i] & 0xFF];
                    }
                    MemorySegment.copy(bytes, 0, outputs[0], ValueLayout.JAVA_BYTE, start, n);
                });
    }

    static Kernel of(KernelSpec.DynamicQuantize spec) {
        return new DynamicQuantize(spec.count());
    }

    /// Every tile finds the range of all elements for itself, since tiles cannot wait for each other; hence few tiles.
    private record DynamicQuantize(long count) implements Kernel {
        private static final int MOST_TILES = 4;
        private static final int SMALLEST_TILE = 1 << 15;

        @Override
        public int tiles() {
            return Math.clamp(count / SMALLEST_TILE, 1, MOST_TILES);
        }

        @Override
        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
            Scratch scratch = Scratch.local();
            float[] range = range(inputs[0], scratch);
            float scale = (range[1] - range[0]) / 255;
            if (scale == 0) {
                scale = 1;
            }
            int zeroPoint = (int) Math.rint(Math.clamp(-range[0] / scale, 0f, 255f));
            ByteRounding rounding = ByteRounding.of(DType.UINT8, zeroPoint);
            float[] values = scratch.floats(Slot.VALUES, Scratch.CHUNK);
            long end = count * (tile + 1) / tiles();
            for (long start = count * tile / tiles(); start < end; start += Scratch.CHUNK) {
                int n = (int) Math.min(Scratch.CHUNK, end - start);
                Loader.FLOAT.load(inputs[0], start, n, 0, values, scratch);
                ElementwiseKernels.divide(values, n, scale);
                rounding.store(values, n, outputs[0], start, scratch);
            }
            if (tile == 0) {
                outputs[1].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, scale);
                outputs[2].set(ValueLayout.JAVA_BYTE, 0, (byte) zeroPoint);
            }
        }

        /// The least and the greatest of the elements and zero; NaN does not count, as in ONNX Runtime.
        private float[] range(MemorySegment x, Scratch scratch) {
            float[] range = range(x, DynamicQuantize::widen, scratch);
            return Float.isNaN(range[0]) ? range(x, DynamicQuantize::widenWithoutNaN, scratch) : range;
        }

        private interface Widening {
            void widen(float[] least, float[] most, float[] values, int n);
        }

        private float[] range(MemorySegment x, Widening widening, Scratch scratch) {
            float[] values = scratch.floats(Slot.VALUES, Scratch.CHUNK);
            float[] least = scratch.floats(Slot.LEFT, Scratch.CHUNK);
            float[] most = scratch.floats(Slot.RAW, Scratch.CHUNK);
            Arrays.fill(least, 0, Scratch.CHUNK, 0);
            Arrays.fill(most, 0, Scratch.CHUNK, 0);
            for (long start = 0; start < count; start += Scratch.CHUNK) {
                int n = (int) Math.min(Scratch.CHUNK, count - start);
                Loader.FLOAT.load(x, start, n, 0, values, scratch);
                widening.widen(least, most, values, n);
            }
            float low = 0;
            float high = 0;
            for (int i = 0; i < Scratch.CHUNK; i++) {
                low = Math.min(low, least[i]);
                high = Math.max(high, most[i]);
            }
            return new float[] {low, high};
        }

        private static void widen(float[] least, float[] most, float[] values, int n) {
            for (int i = 0; i < n; i++) {
                least[i] = Math.min(least[i], values[i]);
                most[i] = Math.max(most[i], values[i]);
            }
        }

        private static void widenWithoutNaN(float[] least, float[] most, float[] values, int n) {
            for (int i = 0; i < n; i++) {
                least[i] = values[i] < least[i] ? values[i] : least[i];
                most[i] = values[i] > most[i] ? values[i] : most[i];
            }
        }
    }
}
