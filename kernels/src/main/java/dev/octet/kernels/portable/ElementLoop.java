package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;

/// A kernel whose result elements don't depend on each other, in their order in memory.
final class ElementLoop implements Kernel {
    /// Elements of a tile: some microseconds of work.
    private static final int TILE = 1 << 14;

    /// Computes result elements `start` to `start + n`, at most [Scratch#CHUNK] of them.
    interface Body {
        void run(long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch);

        /// Longest chunk from `start` on that the body likes.
        default int limit(long start) {
            return Scratch.CHUNK;
        }
    }

    private final long count;
    private final Body body;

    ElementLoop(long count, Body body) {
        this.count = count;
        this.body = body;
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(count, TILE)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        Scratch scratch = Scratch.local();
        long end = Math.min(count, (tile + 1L) * TILE);
        for (long start = (long) tile * TILE; start < end; ) {
            int n = (int) Math.min(end - start, body.limit(start));
            body.run(start, n, inputs, outputs, scratch);
            start += n;
        }
    }
}
