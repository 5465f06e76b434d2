package dev.octet.kernels.x64;

import dev.octet.kernels.x64.NativeScratch.Slot;
import dev.octet.kernels.x64.RowPacker.Argument;
import dev.octet.kernels.x64.RowPacker.Form;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Makes rows of bytes what a [Multiplication] needs: unsigned, whole steps long, and for [Multiplication#WIDENED] cut
/// in two where a byte is above 127. They stay where they are if nothing is to be done.
///
/// Signed bytes become unsigned by adding 128. For [Multiplication#WIDENED] that is done only where one is negative:
/// the outputs of a ReLU stay as they are.
///
/// @param length bytes of a row
/// @param shift what is added to each byte, if anything is
/// @param late whether it is added only to bytes that are cut
/// @param sums whether rows are summed
/// @param look looks at rows that can stay where they are; null if `pack` copies them in any case
/// @param split copies bytes in two parts; null if that is never needed
record ByteRows(
        int length,
        int shift,
        boolean late,
        boolean sums,
        @Nullable MachineCode look,
        @Nullable MachineCode pack,
        @Nullable MachineCode split) {
    /// @param whole whether there may be bytes behind a row up to a whole step, whatever they hold
    /// @return null if rows need nothing
    static @Nullable ByteRows of(
            int length, boolean whole, int shift, boolean sums, Multiplication multiplication, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        boolean bounded = multiplication == Multiplication.WIDENED;
        boolean stays = (shift == 0 || bounded) && (whole || length % 4 == 0);
        if (stays && !sums && !bounded) {
            return null;
        }
        return new ByteRows(
                length,
                shift,
                bounded,
                sums,
                stays ? code.code(new RowPacker(Form.NONE, sums)) : null,
                stays ? null : code.code(new RowPacker(Form.BYTES, sums)),
                bounded ? code.code(new RowPacker(Form.PLANES, sums)) : null);
    }

    /// Memory that rows were copied from, several times over, and what padding between it consists of.
    record Origin(long address, long bytes, byte padding) {}

    /// Sets the arguments that [LeftOperand#prepare] does.
    ///
    /// @param source address of the first row
    /// @param stride bytes from row to row
    /// @param origin where to look for large bytes, if that is shorter than the rows; null if they were not copied
    void prepare(long source, long stride, int rows, @Nullable Origin origin, NativeScratch scratch) {
        long packedStride = (length + 3L) / 4 * 4;
        MemorySegment low = scratch.block(Slot.ROWS, rows * packedStride);
        MemorySegment high = split == null ? low : scratch.block(Slot.HIGH_BITS, rows * packedStride);
        MemorySegment rowSums = scratch.block(Slot.ROW_SUMS, 4L * rows);
        set(scratch, Argument.SOURCE, source);
        set(scratch, Argument.SOURCE_STRIDE, stride);
        set(scratch, Argument.SHIFT, late ? 0 : shift);
        set(scratch, Argument.LOW, low.address());
        set(scratch, Argument.HIGH, high.address());
        set(scratch, Argument.STRIDE, packedStride);
        set(scratch, Argument.SUMS, rowSums.address());
        boolean above = look(stride, rows, origin, scratch);
        boolean cut = split != null && above;
        scratch.setShift(late && !cut ? 0 : shift);
        if (cut) {
            set(scratch, Argument.SOURCE, source);
            set(scratch, Argument.SHIFT, shift);
            call(split, rows, length, scratch);
        }
        boolean moved = cut || look == null;
        scratch.set(ProductArgument.A, moved ? low.address() : source);
        scratch.set(ProductArgument.HIGH, cut ? high.address() : 0);
        scratch.set(ProductArgument.A_STRIDE, moved ? packedStride : stride);
        scratch.set(ProductArgument.ROW_SUMS, rowSums.address());
    }

    /// Whether a byte is above 127; or makes what it can already.
    private boolean look(long stride, int rows, @Nullable Origin origin, NativeScratch scratch) {
        if (look == null || sums) {
            return call(look == null ? pack : look, rows, length, scratch);
        }
        if (origin != null && origin.bytes < (long) rows * length) {
            if (origin.padding < 0) {
                return true;
            }
            set(scratch, Argument.SOURCE, origin.address);
            return call(look, 1, origin.bytes, scratch);
        }
        boolean joined = stride == length;
        return call(look, joined ? 1 : rows, joined ? rows * stride : length, scratch);
    }

    /// Whether a byte is above 127.
    private static boolean call(@Nullable MachineCode function, int rows, long bytes, NativeScratch scratch) {
        if (function == null) {
            throw new IllegalStateException("no function for these rows");
        }
        set(scratch, Argument.ROWS, rows);
        set(scratch, Argument.BYTES, bytes);
        scratch.arguments().call(function);
        return scratch.arguments().get(Argument.ABOVE.ordinal()) != 0;
    }

    private static void set(NativeScratch scratch, Argument argument, long value) {
        scratch.arguments().set(argument.ordinal(), value);
    }
}
