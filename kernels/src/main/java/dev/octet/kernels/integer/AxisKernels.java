package dev.octet.kernels.integer;

import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;

/// Kernels over the middle axis of `[outer, length, inner]`: mean, and functions of rows.
final class AxisKernels {
    /// Lines of a tile.
    private static final int TILE = 64;

    private AxisKernels() {}

    static Kernel of(IntegerSpec.Mean spec) {
        return new Mean(spec);
    }

    static Kernel of(IntegerSpec.Row spec) {
        return new Row(spec);
    }

    private static int tiles(long lines) {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(lines, TILE)));
    }

    private record Mean(IntegerSpec.Mean spec) implements Kernel {
        @Override
        public int tiles() {
            return AxisKernels.tiles(spec.outer() * spec.inner());
        }

        @Override
        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
            long inner = spec.inner();
            int count = spec.function().count();
            long end = Math.min(spec.outer() * inner, (tile + 1L) * TILE);
            for (long line = (long) tile * TILE; line < end; line++) {
                long start = line / inner * inner * count + line % inner;
                int sum = 0;
                for (int i = 0; i < count; i++) {
                    sum += Rows.get(inputs[0], spec.input(), start + i * inner);
                }
                Rows.set(outputs[0], line, spec.function().apply(sum));
            }
        }
    }

    private record Row(IntegerSpec.Row spec) implements Kernel {
        private long lines() {
            return spec.length() == 0 ? 0 : spec.outer() * spec.inner();
        }

        @Override
        public int tiles() {
            return AxisKernels.tiles(lines());
        }

        @Override
        public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
            int[] row = Rows.local().left(spec.length());
            long inner = spec.inner();
            long end = Math.min(lines(), (tile + 1L) * TILE);
            for (long line = (long) tile * TILE; line < end; line++) {
                long start = line / inner * inner * spec.length() + line % inner;
                for (int i = 0; i < spec.length(); i++) {
                    row[i] = Rows.get(inputs[0], spec.dtype(), start + i * inner);
                }
                spec.function().apply(row, spec.length());
                for (int i = 0; i < spec.length(); i++) {
                    Rows.set(outputs[0], start + i * inner, row[i]);
                }
            }
        }
    }
}
