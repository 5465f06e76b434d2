package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Depthwise convolution or pooling of channels-last images: rows of output pixels, cut where their windows have other
/// cells inside the input.
final class WindowKernel implements Kernel {
    /// Cells of a tile: some microseconds of work.
    private static final long TILE = 1 << 18;

    /// What belongs to the channels and to windows.
    interface Parameters {
        /// Sets the weights and numbers of the channels.
        void set(ArgumentBlock block, MemorySegment[] inputs, Part part);
    }

    /// Cells of a window along one axis that are inside the input: `first` to before `end`.
    record Cells(int first, int end) {
        int count() {
            return Math.max(0, end - first);
        }
    }

    /// Output pixels of one row that read the same cells.
    ///
    /// @param pixel index in the output of the first
    record Part(Cells rows, Cells columns, long pixel) {
        int cells() {
            return rows.count() * columns.count();
        }
    }

    /// Neighbouring pixels of every row whose windows have the same columns inside the input.
    private record Run(int start, int count, Cells cells) {}

    private final MachineCode code;
    private final ConvGeometry g;
    private final int inputBytes;
    private final int outputBytes;
    private final int lanes;
    private final Parameters parameters;
    private final @Nullable Whole whole;
    private final List<Run> runs = new ArrayList<>();
    private final long rowsPerTile;

    /// What computes windows that are inside the input as a whole.
    record Whole(MachineCode code, Parameters parameters) {}

    WindowKernel(MachineCode code, ConvGeometry g, int inputBytes, int outputBytes, int lanes, Parameters parameters) {
        this(code, g, inputBytes, outputBytes, lanes, parameters, null);
    }

    WindowKernel(
            MachineCode code,
            ConvGeometry g,
            int inputBytes,
            int outputBytes,
            int lanes,
            Parameters parameters,
            @Nullable Whole whole) {
        this.whole = whole;
        this.code = code;
        this.g = g;
        this.inputBytes = inputBytes;
        this.outputBytes = outputBytes;
        this.lanes = lanes;
        this.parameters = parameters;
        for (int column = 0; column < g.outWidth(); ) {
            Cells cells = columns(column);
            int end = column + 1;
            while (end < g.outWidth() && columns(end).equals(cells)) {
                end++;
            }
            runs.add(new Run(column, end - column, cells));
            column = end;
        }
        long rowCells = (long) g.outWidth() * g.outChannels() * g.kernelHeight() * g.kernelWidth();
        this.rowsPerTile = Math.max(1, TILE / Math.max(1, rowCells));
    }

    private Cells columns(int column) {
        return columns(g, column);
    }

    private static Cells columns(ConvGeometry g, int column) {
        return cells(column * g.strideWidth() - g.padLeft(), g.kernelWidth(), g.dilationWidth(), g.inWidth());
    }

    private static Cells rows(ConvGeometry g, int row) {
        return cells(row * g.strideHeight() - g.padTop(), g.kernelHeight(), g.dilationHeight(), g.inHeight());
    }

    /// The different rows of cells that windows have.
    static Set<Cells> rowCells(ConvGeometry g) {
        return IntStream.range(0, g.outHeight()).mapToObj(row -> rows(g, row)).collect(Collectors.toSet());
    }

    /// The different columns of cells that windows have.
    static Set<Cells> columnCells(ConvGeometry g) {
        return IntStream.range(0, g.outWidth()).mapToObj(column -> columns(g, column)).collect(Collectors.toSet());
    }

    private static Cells cells(int start, int kernel, int dilation, int extent) {
        int first = start < 0 ? Math.ceilDiv(-start, dilation) : 0;
        int end = Math.min(kernel, Math.ceilDiv(Math.max(0, extent - start), dilation));
        return first < end ? new Cells(first, end) : new Cells(0, 0);
    }

    private long rows() {
        return (long) g.batch() * g.outHeight();
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(rows(), rowsPerTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long end = Math.min(rows(), (tile + 1) * rowsPerTile);
        for (long row = tile * rowsPerTile; row < end; row++) {
            for (Run run : runs) {
                run(row, run, inputs, outputs);
            }
        }
    }

    private void run(long row, Run run, MemorySegment[] inputs, MemorySegment[] outputs) {
        int channels = g.outChannels();
        int top = (int) (row % g.outHeight()) * g.strideHeight() - g.padTop();
        Cells rows = rows(g, (int) (row % g.outHeight()));
        Part part = new Part(rows, run.cells, row * g.outWidth() + run.start);
        long inputRow = row / g.outHeight() * g.inHeight() + top + (long) rows.first * g.dilationHeight();
        long inputColumn =
                (long) run.start * g.strideWidth() - g.padLeft() + (long) run.cells.first * g.dilationWidth();
        long pixelBytes = (long) channels * inputBytes;
        long cell = g.dilationWidth() * pixelBytes;
        boolean empty = part.cells() == 0;
        ArgumentBlock block = ArgumentBlock.local();
        block.set(WindowGenerator.PIXELS, run.count);
        block.set(
                WindowGenerator.X,
                inputs[0].address() + (empty ? 0 : (inputRow * g.inWidth() + inputColumn) * pixelBytes));
        block.set(WindowGenerator.X_PIXEL, g.strideWidth() * pixelBytes);
        block.set(WindowGenerator.ROWS, empty ? 0 : rows.count());
        block.set(
                WindowGenerator.X_ROW, (long) g.dilationHeight() * g.inWidth() * pixelBytes - run.cells.count() * cell);
        block.set(WindowGenerator.COLUMNS, run.cells.count());
        block.set(WindowGenerator.X_CELL, cell);
        block.set(WindowGenerator.WEIGHTS_ROW, 4L * lanes * (g.kernelWidth() - run.cells.count()));
        block.set(WindowGenerator.WEIGHTS_BLOCK, 4L * lanes * g.kernelHeight() * g.kernelWidth());
        block.set(WindowGenerator.Y, outputs[0].address() + part.pixel * channels * outputBytes);
        block.set(WindowGenerator.Y_PIXEL, (long) channels * outputBytes);
        block.set(WindowGenerator.CHANNELS, channels);
        if (whole != null && part.cells() == g.kernelHeight() * g.kernelWidth()) {
            whole.parameters.set(block, inputs, part);
            block.call(whole.code);
        } else {
            parameters.set(block, inputs, part);
            block.call(code);
        }
    }

    /// Weights in the order of their use: blocks of channels, in each the cells of the window, in each the channels.
    /// Without opmasks the last block ends with the last channel.
    static MemorySegment pack(float[] weights, int channels, int cells, Tier tier) {
        int lanes = tier.lanes();
        int blocks = Math.ceilDiv(channels, lanes);
        float[] packed = new float[blocks * cells * lanes];
        for (int b = 0; b < blocks; b++) {
            int first = tier.hasMasks() ? b * lanes : Math.min(b * lanes, channels - lanes);
            for (int cell = 0; cell < cells; cell++) {
                for (int c = 0; c < lanes && first + c < channels; c++) {
                    packed[(b * cells + cell) * lanes + c] = weights[(first + c) * cells + cell];
                }
            }
        }
        return floats(packed);
    }

    static MemorySegment floats(float[] values) {
        MemorySegment segment = Arena.ofAuto().allocate(4L * values.length, 64);
        return segment.copyFrom(MemorySegment.ofArray(values));
    }

    static MemorySegment integers(int[] values) {
        return Arena.ofAuto().allocate(4L * values.length, 64).copyFrom(MemorySegment.ofArray(values));
    }

    /// Offset of the weight of a part's first cell in those of a block.
    static long firstWeight(Part part, ConvGeometry g, int lanes) {
        return 4L * lanes * (part.rows.first * g.kernelWidth() + part.columns.first);
    }
}
