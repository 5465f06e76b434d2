package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Gathers what the windows of a block of output pixels see: one row per input channel and tap, one column per output
/// pixel. Padding is zero, that is, the zero point of integers.
///
/// The rows of a block lie [#pitch] columns apart, somewhat more than it is wide: then each tap of the window sees one
/// run of the padded input (of every `stride`-th row and column of it), and is one copy. The columns between are
/// computed and dropped.
final class Windows {
    private final ConvGeometry g;
    private final Loader loader;

    /// Rows and columns by which the last tap lies behind the first, in steps of the stride.
    private final int reachRows;

    private final int reachColumns;
    private final int width;
    private final int height;

    /// @param limit columns that a product may have
    Windows(ConvGeometry geometry, Loader loader, int limit) {
        this.g = geometry;
        this.loader = loader;
        this.reachRows = (g.kernelHeight() - 1) * g.dilationHeight() / g.strideHeight();
        this.reachColumns = (g.kernelWidth() - 1) * g.dilationWidth() / g.strideWidth();
        int blocks = Math.max(1, Math.ceilDiv(g.outWidth(), limit));
        // Where a row is cut, vector by vector.
        this.width = blocks == 1 ? Math.max(1, g.outWidth()) : Math.ceilDiv(Math.ceilDiv(g.outWidth(), blocks), 8) * 8;
        int rows = 1 + (limit - width) / (width + reachColumns);
        int rowBlocks = Math.max(1, Math.ceilDiv(g.outHeight(), rows));
        this.height = Math.max(1, Math.ceilDiv(g.outHeight(), rowBlocks));
    }

    /// A block of output pixels.
    record Block(int row, int rows, int column, int columns) {}

    int blocks() {
        return columnBlocks() * Math.ceilDiv(g.outHeight(), height);
    }

    private int columnBlocks() {
        return Math.ceilDiv(g.outWidth(), width);
    }

    /// Columns of a product for the largest block.
    int largest() {
        return (height - 1) * pitch() + width;
    }

    Block block(int index) {
        int row = index / columnBlocks() * height;
        int column = index % columnBlocks() * width;
        return new Block(row, Math.min(height, g.outHeight() - row), column, Math.min(width, g.outWidth() - column));
    }

    int pitch() {
        return width + reachColumns;
    }

    /// Columns of the product for a block.
    int columns(Block block) {
        return (block.rows - 1) * pitch() + block.columns;
    }

    /// Moves the rows of a block together, so that they are as in the output. Blocks of several rows are as wide as it.
    int compact(Block block, Object columns) {
        for (int r = 1; r < block.rows; r++) {
            System.arraycopy(columns, r * pitch(), columns, r * block.columns, block.columns);
        }
        return block.rows * block.columns;
    }

    /// Fills `panel[0 .. to − from)` with the steps `from` to `to` of a reduction over `[channels, taps]`.
    ///
    /// @param plane index of the plane `[inHeight, inWidth]` of the reduction's first channel
    void gather(
            MemorySegment x,
            long plane,
            int from,
            int to,
            Block block,
            float zeroPoint,
            float[][] panel,
            Scratch scratch) {
        if (g.isPointwise()) {
            int n = block.columns;
            for (int p = from; p < to; p++) {
                loader.load(x, (plane + p) * g.inPixels() + block.column, n, zeroPoint, panel[p - from], scratch);
            }
            return;
        }
        int taps = g.kernelHeight() * g.kernelWidth();
        for (int channel = from / taps; channel * taps < to; channel++) {
            int first = Math.max(from, channel * taps) - channel * taps;
            int last = Math.min(to, (channel + 1) * taps) - channel * taps;
            gatherChannel(x, plane + channel, first, last, block, zeroPoint, panel, channel * taps - from, scratch);
        }
    }

    private void gatherChannel(
            MemorySegment x,
            long plane,
            int first,
            int last,
            Block block,
            float zeroPoint,
            float[][] panel,
            int at,
            Scratch scratch) {
        int strideRows = g.strideHeight();
        int top = Math.clamp((long) block.row * strideRows - g.padTop(), 0, g.inHeight());
        long end =
                (block.row + block.rows - 1L) * strideRows - g.padTop() + (g.kernelHeight() - 1L) * g.dilationHeight();
        int bottom = Math.clamp(end + 1, top, g.inHeight());
        int count = (bottom - top) * g.inWidth();
        float[] raw = scratch.floats(Slot.RAW, count);
        loader.load(x, plane * g.inPixels() + (long) top * g.inWidth(), count, zeroPoint, raw, scratch);
        int n = columns(block);
        int size = (block.rows + reachRows) * pitch();
        float[] phase = scratch.floats(Slot.EXTRA, size);
        for (int phaseRow = 0; phaseRow < strideRows; phaseRow++) {
            for (int phaseColumn = 0; phaseColumn < g.strideWidth(); phaseColumn++) {
                boolean filled = false;
                for (int tap = first; tap < last; tap++) {
                    int rowOffset = tap / g.kernelWidth() * g.dilationHeight() - phaseRow;
                    int columnOffset = tap % g.kernelWidth() * g.dilationWidth() - phaseColumn;
                    if (rowOffset % strideRows != 0 || columnOffset % g.strideWidth() != 0) {
                        continue;
                    }
                    if (!filled) {
                        fillPhase(raw, top, bottom, block, phaseRow, phaseColumn, phase);
                        filled = true;
                    }
                    int start = rowOffset / strideRows * pitch() + columnOffset / g.strideWidth();
                    System.arraycopy(phase, start, panel[at + tap], 0, n);
                }
            }
        }
    }

    /// The rows and columns of the padded input that are `phaseRow` and `phaseColumn` behind multiples of the strides.
    ///
    /// @param raw input rows `top` to `bottom`; no tap reads rows behind them
    private void fillPhase(
            float[] raw, int top, int bottom, Block block, int phaseRow, int phaseColumn, float[] phase) {
        int stride = g.strideWidth();
        int pitch = pitch();
        int first = block.column * stride + phaseColumn - g.padLeft();
        int begin = first >= 0 ? 0 : Math.min(pitch, Math.ceilDiv(-first, stride));
        int end = Math.clamp(Math.ceilDiv((long) g.inWidth() - first, stride), begin, pitch);
        for (int i = 0; i < block.rows + reachRows; i++) {
            int row = (block.row + i) * g.strideHeight() + phaseRow - g.padTop();
            int at = i * pitch;
            if (row < top || row >= bottom) {
                Arrays.fill(phase, at, at + pitch, 0);
                continue;
            }
            Arrays.fill(phase, at, at + begin, 0);
            int source = (row - top) * g.inWidth() + first;
            if (stride == 1 && begin < end) {
                System.arraycopy(raw, source + begin, phase, at + begin, end - begin);
            } else {
                for (int j = begin; j < end; j++) {
                    phase[at + j] = raw[source + j * stride];
                }
            }
            Arrays.fill(phase, at + end, at + pitch, 0);
        }
    }
}
