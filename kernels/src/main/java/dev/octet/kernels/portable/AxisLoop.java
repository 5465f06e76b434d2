package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;

/// A kernel that works along the middle axis of `[outer, length, inner]`: on whole rows where `inner` is 1, else on
/// columns side by side.
final class AxisLoop implements Kernel {
    /// Elements of a tile.
    private static final int TILE = 1 << 14;

    /// What is done along the axis.
    interface Body {
        /// Works on one row of `length` elements.
        void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch);

        /// Works on columns `inner` to `inner + n`, at most [Scratch#COLUMNS] of them.
        void columns(long outer, long inner, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch);
    }

    private final long inner;
    private final Body body;
    private final long units;
    private final long unitsPerTile;
    private final long blocks;

    AxisLoop(long outer, long length, long inner, Body body) {
        this.inner = inner;
        this.body = body;
        this.blocks = inner == 1 ? 1 : Math.ceilDiv(inner, Scratch.COLUMNS);
        this.units = outer * blocks;
        long unitSize = Math.max(1, length * (inner == 1 ? 1 : Math.min(inner, Scratch.COLUMNS)));
        this.unitsPerTile = Math.max(1, TILE / unitSize);
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(units, unitsPerTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        Scratch scratch = Scratch.local();
        long end = Math.min(units, (tile + 1) * unitsPerTile);
        for (long unit = tile * unitsPerTile; unit < end; unit++) {
            if (inner == 1) {
                body.row(unit, inputs, outputs, scratch);
            } else {
                long start = unit % blocks * Scratch.COLUMNS;
                int n = (int) Math.min(Scratch.COLUMNS, inner - start);
                body.columns(unit / blocks, start, n, inputs, outputs, scratch);
            }
        }
    }
}
