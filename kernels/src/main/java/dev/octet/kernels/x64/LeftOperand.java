package dev.octet.kernels.x64;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A of a product: where the loop finds its rows.
interface LeftOperand {
    /// Prepares rows for [ProductGenerator]'s function: sets [ProductArgument#A], [ProductArgument#HIGH],
    /// [ProductArgument#A_STRIDE], [ProductArgument#ROW_SUMS] if those are wanted, and [NativeScratch#setShift]. May
    /// use the block of arguments before.
    ///
    /// @param product number of the batch entry or group
    void prepare(int product, int row, int rows, MemorySegment[] inputs, NativeScratch scratch);

    /// Rows that the operand holds.
    ///
    /// @param offsets bytes from the operand's start to each product's first row
    /// @param stride bytes from row to row
    /// @param bytes makes bytes what the product needs; null if they are already
    record Rows(long[] offsets, long stride, @Nullable ByteRows bytes) implements LeftOperand {
        @Override
        public void prepare(int product, int row, int rows, MemorySegment[] inputs, NativeScratch scratch) {
            long source = inputs[0].address() + offsets[product] + row * stride;
            if (bytes != null) {
                bytes.prepare(source, stride, rows, null, scratch);
                return;
            }
            scratch.setShift(0);
            scratch.set(ProductArgument.A, source);
            scratch.set(ProductArgument.HIGH, 0);
            scratch.set(ProductArgument.A_STRIDE, stride);
        }
    }
}
