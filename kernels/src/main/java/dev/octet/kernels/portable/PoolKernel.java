package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Pooling of channels-first images, row by row of the output: a window is a rectangle, so its rows are combined first,
/// and then the columns of what they gave.
final class PoolKernel implements Kernel {
    /// Input elements that the windows of a tile cover.
    private static final int TILE = 1 << 15;

    private final ConvGeometry g;
    private final PooledCells pooled;
    private final Loader loader;
    private final long rows;
    private final int rowsPerTile;

    private PoolKernel(KernelSpec.Pool spec) {
        this.g = spec.geometry();
        this.pooled = PooledCells.of(spec);
        this.loader = Loader.of(spec.dtype());
        this.rows = (long) g.batch() * g.outChannels() * g.outHeight();
        this.rowsPerTile = Math.max(1, TILE / Math.max(1, g.inWidth() * g.kernelHeight()));
    }

    static Kernel of(KernelSpec.Pool spec) {
        return spec.geometry().isChannelsLast() ? new ChannelsLastPoolKernel(spec) : new PoolKernel(spec);
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(rows, rowsPerTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.outputElements() == 0) {
            return;
        }
        Scratch scratch = Scratch.local();
        long end = Math.min(rows, (tile + 1L) * rowsPerTile);
        for (long row = (long) tile * rowsPerTile; row < end; row++) {
            int outRow = (int) (row % g.outHeight());
            float[] results = scratch.floats(Slot.VALUES, g.outWidth());
            int valid = combineRows(inputs[0], row / g.outHeight(), outRow, scratch);
            combineColumns(scratch.floats(Slot.LEFT, g.inWidth()), valid, results);
            pooled.store(results, g.outWidth(), outputs[0], row * g.outWidth(), scratch);
        }
    }

    /// @return number of window rows inside the input
    private int combineRows(MemorySegment x, long plane, int outRow, Scratch scratch) {
        int width = g.inWidth();
        float[] combined = scratch.floats(Slot.LEFT, width);
        float[] values = scratch.floats(Slot.RAW, width);
        Arrays.fill(combined, 0, width, pooled.start());
        int valid = 0;
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            int row = outRow * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
            if (row < 0 || row >= g.inHeight()) {
                continue;
            }
            valid++;
            loader.load(x, (plane * g.inHeight() + row) * width, width, 0, values, scratch);
            pooled.add(combined, values, width);
        }
        return valid;
    }

    private void combineColumns(float[] combined, int validRows, float[] results) {
        for (int j = 0; j < g.outWidth(); j++) {
            int first = j * g.strideWidth() - g.padLeft();
            float result = pooled.start();
            int valid = 0;
            for (int kw = 0; kw < g.kernelWidth(); kw++) {
                int column = first + kw * g.dilationWidth();
                if (column >= 0 && column < g.inWidth()) {
                    result = pooled.join(result, combined[column]);
                    valid++;
                }
            }
            results[j] = pooled.finish(result, validRows * valid);
        }
    }
}
