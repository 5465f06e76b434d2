package dev.octet.kernels.portable;

import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The end of a product: turns a part of a row of sums into elements of the result and stores them.
interface RowStore {
    /// @param sums of the last block of steps; overwritten
    /// @param carried sums of the blocks before, or null if there was one block only
    /// @param row of the result, which numbers [PerChannel.Rows]
    /// @param block of columns, which numbers [PerChannel.Columns]
    /// @param element index in the result of the first
    void store(
            float[] sums,
            int @Nullable [] carried,
            int n,
            int row,
            int block,
            long element,
            MemorySegment[] inputs,
            MemorySegment output,
            Scratch scratch);

    /// `epilogue(sums·alpha + bias + residual)`.
    ///
    /// @param residual index of that input, or -1
    record OfFloat(float alpha, @Nullable PerChannel bias, int residual, Activation activation) implements RowStore {
        @Override
        public void store(
                float[] sums,
                int @Nullable [] carried,
                int n,
                int row,
                int block,
                long element,
                MemorySegment[] inputs,
                MemorySegment output,
                Scratch scratch) {
            if (alpha != 1) {
                for (int j = 0; j < n; j++) {
                    sums[j] *= alpha;
                }
            }
            if (bias != null) {
                bias.addTo(sums, n, row, block);
            }
            if (residual >= 0) {
                float[] addends = scratch.floats(Slot.VALUES, n);
                Loader.FLOAT.load(inputs[residual], element, n, 0, addends, scratch);
                for (int j = 0; j < n; j++) {
                    sums[j] += addends[j];
                }
            }
            activation.apply(sums, n, scratch);
            MemorySegment.copy(sums, 0, output, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * element, n);
        }
    }
}
