package dev.octet.kernels.integer;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.quant.FixedPointMultiplier;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Kernels whose elements do not depend on each other: requantization and lookups.
final class Elements {
    /// Elements of a tile, and of what is worked on at a time.
    private static final int TILE = 1 << 14;

    private static final int CHUNK = 1024;

    private Elements() {}

    static Kernel of(IntegerSpec.Requantize spec) {
        int[] bias = spec.bias() == null ? null : spec.bias().clone();
        return new Requantize(spec, bias, spec.multipliers().clone());
    }

    static Kernel of(KernelSpec.TableLookup spec) {
        return new Lookup(spec.table().clone(), spec.count());
    }

    private static int tiles(long count) {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(count, TILE)));
    }

    private record Requantize(IntegerSpec.Requantize spec, int @Nullable [] bias, FixedPointMultiplier[] multipliers)
            implements Kernel {
        private long count() {
            return spec.outer() * spec.channels() * spec.inner();
        }

        @Override
        public int tiles() {
            return Elements.tiles(count());
        }

        @Override
        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
            Rows rows = Rows.local();
            int[] sums = rows.sums(CHUNK);
            long end = Math.min(count(), (tile + 1L) * TILE);
            for (long start = (long) tile * TILE; start < end; start += CHUNK) {
                int n = (int) Math.min(CHUNK, end - start);
                MemorySegment.copy(inputs[0], JAVA_INT_UNALIGNED, 4 * start, sums, 0, n);
                requantize(sums, n, start);
                rows.store(sums, n, outputs[0], start);
            }
        }

        private void requantize(int[] sums, int n, long start) {
            long inner = spec.inner();
            int channel = (int) (start / inner % spec.channels());
            long left = inner - start % inner;
            for (int i = 0; i < n; i++) {
                int sum = bias == null ? sums[i] : sums[i] + bias[channel];
                FixedPointMultiplier multiplier = multipliers[multipliers.length == 1 ? 0 : channel];
                sums[i] = multiplier.requantize(sum, spec.zeroPoint(), spec.min(), spec.max());
                if (--left == 0) {
                    left = inner;
                    channel = channel + 1 == spec.channels() ? 0 : channel + 1;
                }
            }
        }
    }

    private record Lookup(byte[] table, long count) implements Kernel {
        @Override
        public int tiles() {
            return Elements.tiles(count);
        }

        @Override
        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
            long end = Math.min(count, (tile + 1L) * TILE);
            for (long i = (long) tile * TILE; i < end; i++) {
                outputs[0].set(JAVA_BYTE, i, table[inputs[0].get(JAVA_BYTE, i) & 0xFF]);
            }
        }
    }
}
