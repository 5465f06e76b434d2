package dev.octet.kernels.portable;

import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Pooling, row by row of the output: a window is a rectangle, so its rows are combined first, and then the columns of
/// what they gave. 8-bit values pass through floats, which hold them exactly.
final class PoolKernel implements Kernel {
    /// Input elements that the windows of a tile cover.
    private static final int TILE = 1 << 15;

    private final ConvGeometry g;
    private final PoolFunction function;
    private final DType dtype;
    private final Loader loader;
    private final boolean countIncludePad;
    private final int p;
    private final float start;
    private final long rows;
    private final int rowsPerTile;

    private PoolKernel(KernelSpec.Pool spec) {
        this.g = spec.geometry();
        this.function = spec.function();
        this.dtype = spec.dtype();
        this.loader = Loader.of(dtype);
        this.countIncludePad = spec.countIncludePad();
        this.p = spec.p();
        this.start =
                function != PoolFunction.MAX ? 0 : dtype == DType.FLOAT32 ? Float.NEGATIVE_INFINITY : dtype.minValue();
        this.rows = (long) g.batch() * g.outChannels() * g.outHeight();
        this.rowsPerTile = Math.max(1, TILE / Math.max(1, g.inWidth() * g.kernelHeight()));
    }

    static Kernel of(KernelSpec.Pool spec) {
        return new PoolKernel(spec);
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
            combineColumns(scratch.floats(Slot.LEFT, g.inWidth()), results);
            finish(results, valid);
            store(results, outputs[0], row * g.outWidth(), scratch);
        }
    }

    /// @return number of window rows inside the input
    private int combineRows(MemorySegment x, long plane, int outRow, Scratch scratch) {
        int width = g.inWidth();
        float[] combined = scratch.floats(Slot.LEFT, width);
        float[] values = scratch.floats(Slot.RAW, width);
        Arrays.fill(combined, 0, width, start);
        int valid = 0;
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            int row = outRow * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
            if (row < 0 || row >= g.inHeight()) {
                continue;
            }
            valid++;
            loader.load(x, (plane * g.inHeight() + row) * width, width, 0, values, scratch);
            switch (function) {
                case MAX -> max(combined, values, width);
                case AVERAGE -> add(combined, values, width);
                case LP -> addPowers(combined, values, width);
            }
        }
        return valid;
    }

    private void combineColumns(float[] combined, float[] results) {
        for (int j = 0; j < g.outWidth(); j++) {
            int first = j * g.strideWidth() - g.padLeft();
            float result = start;
            for (int kw = 0; kw < g.kernelWidth(); kw++) {
                int column = first + kw * g.dilationWidth();
                if (column >= 0 && column < g.inWidth()) {
                    result =
                            function == PoolFunction.MAX
                                    ? Math.max(result, combined[column])
                                    : result + combined[column];
                }
            }
            results[j] = result;
        }
    }

    private void finish(float[] results, int validRows) {
        int n = g.outWidth();
        if (function == PoolFunction.AVERAGE) {
            for (int j = 0; j < n; j++) {
                int cells =
                        countIncludePad
                                ? g.kernelHeight() * g.kernelWidth()
                                : validRows * validColumns(j * g.strideWidth() - g.padLeft());
                results[j] = cells == 0 ? 0 : results[j] / cells;
            }
        } else if (function == PoolFunction.LP) {
            for (int j = 0; j < n; j++) {
                results[j] = (float) (p == 2 ? Math.sqrt(results[j]) : Math.pow(results[j], 1.0 / p));
            }
        }
    }

    private int validColumns(int first) {
        int dilation = g.dilationWidth();
        int from = first >= 0 ? 0 : Math.ceilDiv(-first, dilation);
        int to = Math.min(g.kernelWidth(), Math.ceilDiv(g.inWidth() - first, dilation));
        return Math.max(0, to - from);
    }

    private void store(float[] results, MemorySegment y, long element, Scratch scratch) {
        int n = g.outWidth();
        if (dtype == DType.FLOAT32) {
            ElementwiseKernels.store(results, n, y, element);
            return;
        }
        byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
        for (int j = 0; j < n; j++) {
            bytes[j] = (byte) (int) results[j];
        }
        MemorySegment.copy(bytes, 0, y, ValueLayout.JAVA_BYTE, element, n);
    }

    private static void max(float[] combined, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            combined[j] = Math.max(combined[j], values[j]);
        }
    }

    private static void add(float[] combined, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            combined[j] += values[j];
        }
    }

    private void addPowers(float[] combined, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            combined[j] += p == 2 ? values[j] * values[j] : (float) Math.pow(Math.abs(values[j]), p);
        }
    }
}
