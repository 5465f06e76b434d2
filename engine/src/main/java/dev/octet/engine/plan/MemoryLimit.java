package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// How much memory the values of one run may take.
///
/// A small file can ask for any amount, so what a graph needs is compared before it is allocated; and where the virtual
/// machine refuses memory outside of its heap, that is an error of this graph like any other.
///
/// @param bytes at most
record MemoryLimit(long bytes) {
    /// @param needed bytes, not negative
    /// @param whose what needs them, such as a value and its type
    /// @throws GraphException if that is more than the limit
    void check(long needed, String whose) {
        if (needed > bytes) {
            throw new GraphException(
                    whose + ": a run would need " + needed + " bytes, more than the memory limit of " + bytes);
        }
    }

    /// @throws GraphException if the virtual machine has no such memory
    MemorySegment allocate(Arena arena, long size, String whose) {
        try {
            return arena.allocate(Math.max(size, 1), Tensor.ALIGNMENT).asSlice(0, size);
        } catch (OutOfMemoryError e) {
            throw new GraphException(
                    whose
                            + ": a run needs "
                            + size
                            + " bytes, which the Java virtual machine refuses: "
                            + e.getMessage(),
                    e);
        }
    }
}
