package dev.octet.kernels.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Working memory of one thread outside the heap, kept between tiles so that a kernel allocates nothing while it runs.
/// Each [Slot] is one block, whose contents are whatever its last user left.
final class NativeScratch {
    private static final ThreadLocal<NativeScratch> LOCAL = ThreadLocal.withInitial(NativeScratch::new);
    private static final long SMALLEST = 4096;
    private static final long ALIGNMENT = 64;

    enum Slot {
        /// Rows of A, or their low bits.
        ROWS,
        HIGH_BITS,
        ROW_SUMS,
        /// A tile of the result that has fewer columns than its panel.
        TILE,
        /// Sums that make room for a function.
        SPILLED,
        BIAS,
        ZERO_POINTS,
        COLUMN_SUMS,
        PARAMETERS,
        /// B, where it is packed at run time, and the table of its panels.
        PANELS,
        PANEL_TABLE,
        /// Rows of a convolution's A, padding, and the list of what is copied.
        GATHER,
        PADDING,
        COPIES,
        /// Transformed patches, and their products.
        TRANSFORMED,
        PRODUCTS,
        /// Counts of values in bins.
        BINS,
        /// Rows of exponentials.
        POWERS
    }

    private final ArgumentBlock arguments = ArgumentBlock.local();
    private final CopyList copies = new CopyList();
    private int shift;
    private int[] numbers = new int[0];
    private final MemorySegment[] blocks = new MemorySegment[Slot.values().length];

    private NativeScratch() {
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = Arena.ofAuto().allocate(SMALLEST, ALIGNMENT);
        }
    }

    /// That of the calling thread.
    static NativeScratch local() {
        return LOCAL.get();
    }

    /// At least so many bytes, at a multiple of 64.
    MemorySegment block(Slot slot, long bytes) {
        MemorySegment block = blocks[slot.ordinal()];
        if (block.byteSize() < bytes) {
            block = Arena.ofAuto().allocate(Math.max(bytes, 2 * block.byteSize()), ALIGNMENT);
            blocks[slot.ordinal()] = block;
        }
        return block;
    }

    CopyList copies() {
        return copies;
    }

    /// An array of at least so many numbers.
    int[] numbers(int length) {
        if (numbers.length < length) {
            numbers = new int[length];
        }
        return numbers;
    }

    /// What was added to the bytes of A that the next function reads.
    int shift() {
        return shift;
    }

    void setShift(int added) {
        shift = added;
    }

    ArgumentBlock arguments() {
        return arguments;
    }

    void set(ProductArgument argument, long value) {
        arguments.set(argument.ordinal(), value);
    }

    long get(ProductArgument argument) {
        return arguments.get(argument.ordinal());
    }
}
