package dev.octet.kernels;

import java.lang.foreign.MemorySegment;

/// One operation compiled for fixed shapes, with its constants packed: what a session runs.
///
/// Immutable and safe for any number of threads. The work is cut into tiles that write disjoint parts of the outputs,
/// so tiles may run in any order and at the same time with the same result, bit for bit.
public interface Kernel {
    /// Number of independent units of work, at least 1.
    int tiles();

    /// Computes one tile. The memory may start at any multiple of the element's size; nothing outside it is touched,
    /// and no output overlaps an input, unless it is the memory of one that [Overwritable] names.
    ///
    /// @param inputs the operands that the [KernelSpec] names, each exactly as long as its elements
    /// @param outputs the results, likewise
    void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs);

    /// Computes all tiles on the calling thread.
    default void runAll(MemorySegment[] inputs, MemorySegment[] outputs) {
        int tiles = tiles();
        for (int tile = 0; tile < tiles; tile++) {
            run(tile, inputs, outputs);
        }
    }
}
