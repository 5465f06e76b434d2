package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;

/// A kernel whose tiles are lines of `[outer, length, inner]`: rows where `inner` is 1, else columns side by side.
///
/// Functions take the elements of a line, how many lines, the addresses of the first input and of the output, the
/// distance of a column's elements in bytes, and then what the kernel adds.
final class RowKernel implements Kernel {
    /// Elements of a tile: some microseconds of work.
    private static final long TILE = 1 << 14;

    /// Columns of a tile: some cache lines of a row.
    private static final long COLUMNS = 256;

    /// Arguments of a kernel that all its lines share.
    interface Shared {
        void set(ArgumentBlock block, MemorySegment[] inputs);
    }

    /// Extents, and the bytes of an element of input and output.
    ///
    /// @param keeps whether a line of the output has as many elements as one of the input, not one
    record Lines(long outer, long length, long inner, int inputBytes, int outputBytes, boolean keeps) {}

    private final MachineCode code;
    private final Lines lines;
    private final Shared shared;
    private final long blocks;
    private final long perTile;

    RowKernel(MachineCode code, Lines lines, Shared shared) {
        this.code = code;
        this.lines = lines;
        this.shared = shared;
        this.blocks = Math.ceilDiv(lines.inner, COLUMNS);
        this.perTile = lines.inner == 1 ? Math.max(1, TILE / Math.max(1, lines.length)) : 1;
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(lines.outer * blocks, perTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        ArgumentBlock block = ArgumentBlock.local();
        long outer = tile * perTile / blocks;
        long start = tile % blocks * COLUMNS;
        boolean rows = lines.inner == 1;
        long count = rows ? Math.min(perTile, lines.outer - outer) : Math.min(COLUMNS, lines.inner - start);
        long x = outer * lines.length * lines.inner + (rows ? 0 : start);
        long y = lines.keeps ? x : outer * lines.inner + (rows ? 0 : start);
        block.set(0, lines.length);
        block.set(1, count);
        block.set(2, inputs[0].address() + x * lines.inputBytes);
        block.set(3, outputs[0].address() + y * lines.outputBytes);
        shared.set(block, inputs);
        block.call(code);
    }
}
