package dev.octet.kernels;

import java.lang.foreign.MemorySegment;

/// One operation compiled for fixed shapes, with its constants packed: what a session runs.
///
/// Immutable and safe for any number of threads. The work is cut into tiles that write disjoint parts of the outputs,
/// so tiles may run in any order and at the same time with the same result.
public interface Kernel {
    /// Number of independent units of work, at least 1.
    int tiles();

    /// Computes one tile. The memory may start at any multiple of 4 bytes; nothing outside it is touched.
    ///
    /// @param inputs the operands that the [KernelSpec] names, each exactly as long as its elements
    /// @param outputs the results, likewise
    void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs);
}
