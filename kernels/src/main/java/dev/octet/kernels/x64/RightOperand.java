package dev.octet.kernels.x64;

import dev.octet.kernels.x64.NativeScratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// B of a product, in panels.
interface RightOperand {
    /// Products beside each other, such as the entries of a batch.
    int products();

    /// Columns of a panel.
    int columns();

    /// Bytes from one panel to the next.
    ///
    /// @param steps of a sum
    default long panelBytes(int steps) {
        return 4L * steps * columns();
    }

    /// Address of the entry of `first` in a table of panels, as [ProductArgument#PANELS] wants it. May use the block of
    /// arguments.
    ///
    /// @param end panel behind the last that is needed
    long prepare(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch);

    /// Panels of a constant, for each product.
    record Constant(PackedPanels[] panels) implements RightOperand {
        @Override
        public int products() {
            return panels.length;
        }

        @Override
        public int columns() {
            return panels[0].columns();
        }

        @Override
        public long prepare(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            return panels[product].entry(first);
        }
    }

    /// Panels of a constant in codes.
    ///
    /// @param block steps that share scales
    record Coded(PackedPanels panels, int block) implements RightOperand {
        @Override
        public int products() {
            return 1;
        }

        @Override
        public int columns() {
            return panels.columns();
        }

        @Override
        public long panelBytes(int steps) {
            return panels.memory().byteSize() / panels.count();
        }

        @Override
        public long prepare(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            scratch.set(ProductArgument.BLOCK, block);
            return panels.entry(first);
        }
    }

    /// The second input, packed for each tile.
    ///
    /// @param offsets bytes from the operand's start to each product's matrix
    /// @param stride bytes from row to row as they lie in memory
    /// @param length indices of K
    /// @param sum sums the columns of bytes to [Slot#COLUMN_SUMS], from the first panel on; null for floats
    record Variable(
            long[] offsets,
            long stride,
            boolean transposed,
            int length,
            int n,
            int columns,
            MachineCode pack,
            @Nullable MachineCode sum)
            implements RightOperand {
        @Override
        public int products() {
            return offsets.length;
        }

        private int steps() {
            return sum == null ? length : Math.ceilDiv(length, 4);
        }

        @Override
        public long prepare(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
            long panelBytes = 4L * steps() * columns;
            int count = end - first;
            long panels = scratch.block(Slot.PANELS, count * panelBytes).address();
            MemorySegment table = scratch.block(Slot.PANEL_TABLE, PackedPanels.ENTRY_BYTES * (count + 1L));
            // A list of no exceptions, and then the entries, which all refer to it.
            table.set(ValueLayout.JAVA_LONG, 0, 0);
            for (int i = 0; i < count; i++) {
                int column = (first + i) * columns;
                pack(source(product, column, inputs), Math.min(columns, n - column), panels + i * panelBytes, scratch);
                long entry = PackedPanels.ENTRY_BYTES * (i + 1L);
                table.set(ValueLayout.JAVA_LONG, entry, panels + i * panelBytes);
                table.set(ValueLayout.JAVA_LONG, entry + 8, table.address());
            }
            if (sum != null) {
                MemorySegment sums = scratch.block(Slot.COLUMN_SUMS, 4L * count * columns);
                scratch.arguments().set(0, panels);
                scratch.arguments().set(1, (long) count);
                scratch.arguments().set(2, (long) steps());
                scratch.arguments().set(3, sums.address());
                scratch.arguments().call(sum);
            }
            return table.address() + PackedPanels.ENTRY_BYTES;
        }

        private long source(int product, int column, MemorySegment[] inputs) {
            int elementBytes = sum == null ? 4 : 1;
            return inputs[1].address()
                    + offsets[product]
                    + (transposed ? column * stride : (long) column * elementBytes);
        }

        private void pack(long source, int present, long target, NativeScratch scratch) {
            ArgumentBlock arguments = scratch.arguments();
            arguments.set(PanelPacker.Argument.SOURCE.ordinal(), source);
            arguments.set(PanelPacker.Argument.STRIDE.ordinal(), stride);
            arguments.set(PanelPacker.Argument.COLUMNS.ordinal(), (long) present);
            arguments.set(PanelPacker.Argument.LENGTH.ordinal(), (long) length);
            arguments.set(PanelPacker.Argument.TARGET.ordinal(), target);
            arguments.call(pack);
        }
    }
}
