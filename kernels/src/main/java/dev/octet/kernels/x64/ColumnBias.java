package dev.octet.kernels.x64;

import dev.octet.kernels.x64.NativeScratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What is added to the sums of an integer product's columns: the bias, less what A's zero point contributes.
interface ColumnBias {
    /// Memory for numbers that no column has.
    MemorySegment NO_COLUMNS = ColumnData.allocate(0);

    /// For products that have none.
    ColumnBias NONE = (product, first, end, inputs, scratch) -> NO_COLUMNS.address();

    /// Address of the numbers of a product, from the first column on.
    ///
    /// @param first column that is needed
    /// @param end column behind the last
    long address(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch);

    /// Known at compile time, for each product.
    record Constant(MemorySegment[] numbers) implements ColumnBias {
        @Override
        public long address(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            return numbers[product].address();
        }
    }

    /// `bias[n] − zeroPoint·sums[n]`, each for each product.
    ///
    /// @param sums of B's columns less its zero point
    /// @param zeroPoint index of the input that holds A's, of type `dtype`
    /// @param shift what is added to A's bytes, and so to its zero point
    record OfZeroPoint(int[][] bias, int[][] sums, int zeroPoint, DType dtype, int shift) implements ColumnBias {
        @Override
        public long address(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            byte raw = inputs[zeroPoint].get(ValueLayout.JAVA_BYTE, 0);
            int zero = (dtype == DType.UINT8 ? raw & 0xFF : raw) + shift;
            int[] columns = sums[product];
            int[] added = bias[product];
            MemorySegment block = scratch.block(Slot.BIAS, ColumnData.bytes(columns.length));
            for (int j = first; j < end; j++) {
                block.setAtIndex(ValueLayout.JAVA_INT, j, added[j] - zero * columns[j]);
            }
            return block.address();
        }
    }
}
