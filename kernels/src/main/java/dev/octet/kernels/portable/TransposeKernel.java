package dev.octet.kernels.portable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MergedAxes;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;

/// Permutation of axes, after those that stay neighbours are merged: copies of runs where the last axis stays last,
/// else transposed squares, so that memory is read and written in lines.
final class TransposeKernel implements Kernel {
    /// Bytes of a tile.
    private static final int TILE = 1 << 16;

    private static final int SQUARE = 32;

    private final int bytes;

    /// Extents and input strides, in elements, of the result's axes.
    private final long[] extents;

    private final long[] strides;

    /// The axis of the result along which the input is contiguous.
    private final int contiguous;

    private final long units;
    private final long unitsPerTile;

    private TransposeKernel(KernelSpec.Transpose spec) {
        this.bytes = spec.elementBytes();
        MergedAxes axes = MergedAxes.of(spec.shape(), spec.perm());
        this.extents = axes.extents();
        this.strides = axes.strides();
        this.contiguous = axes.contiguous();
        long unitSize = extents[extents.length - 1] * (isRuns() ? 1 : SQUARE);
        this.units = unitCount(spec.shape().elementCount());
        this.unitsPerTile = Math.max(1, TILE / Math.max(1, unitSize * bytes));
    }

    static Kernel of(KernelSpec.Transpose spec) {
        return new TransposeKernel(spec);
    }

    private boolean isRuns() {
        return contiguous == extents.length - 1;
    }

    /// A unit is a run of the last axis, or a strip of squares along it.
    private long unitCount(long elements) {
        if (elements == 0) {
            return 0;
        }
        long rows = elements / extents[extents.length - 1];
        return isRuns() ? rows : rows / extents[contiguous] * Math.ceilDiv(extents[contiguous], SQUARE);
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(units, unitsPerTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long end = Math.min(units, (tile + 1) * unitsPerTile);
        for (long unit = tile * unitsPerTile; unit < end; unit++) {
            if (isRuns()) {
                copyRun(unit, inputs[0], outputs[0]);
            } else {
                transposeStrip(unit, inputs[0], outputs[0]);
            }
        }
    }

    private void copyRun(long unit, MemorySegment x, MemorySegment y) {
        int last = extents.length - 1;
        long rest = unit;
        long from = 0;
        for (int axis = last - 1; axis >= 0; axis--) {
            from += rest % extents[axis] * strides[axis];
            rest /= extents[axis];
        }
        long length = extents[last] * bytes;
        MemorySegment.copy(x, from * bytes, y, unit * length, length);
    }

    private void transposeStrip(long unit, MemorySegment x, MemorySegment y) {
        int last = extents.length - 1;
        long rest = unit;
        long from = 0;
        long to = 0;
        long toStride = extents[last];
        long rowStride = 0;
        int rows = 0;
        for (int axis = last - 1; axis >= 0; axis--) {
            boolean cut = axis == contiguous;
            long count = cut ? Math.ceilDiv(extents[axis], SQUARE) : extents[axis];
            long index = rest % count * (cut ? SQUARE : 1);
            rest /= count;
            from += index * strides[axis];
            to += index * toStride;
            if (cut) {
                rowStride = toStride;
                rows = (int) Math.min(SQUARE, extents[axis] - index);
            }
            toStride *= extents[axis];
        }
        for (long j = 0; j < extents[last]; j += SQUARE) {
            int columns = (int) Math.min(SQUARE, extents[last] - j);
            transposeSquare(x, from + j * strides[last], strides[last], y, to + j, rowStride, rows, columns);
        }
    }

    /// `y[i, j] = x[j, i]` for a square of `rows` by `columns` of y.
    private void transposeSquare(
            MemorySegment x,
            long from,
            long fromStride,
            MemorySegment y,
            long to,
            long toStride,
            int rows,
            int columns) {
        if (bytes == 4) {
            transposeInts(x, from, fromStride, y, to, toStride, rows, columns);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                long source = (from + j * fromStride + i) * bytes;
                long target = (to + i * toStride + j) * bytes;
                switch (bytes) {
                    case 1 -> y.set(JAVA_BYTE, target, x.get(JAVA_BYTE, source));
                    case 2 -> y.set(JAVA_SHORT_UNALIGNED, target, x.get(JAVA_SHORT_UNALIGNED, source));
                    default -> y.set(JAVA_LONG_UNALIGNED, target, x.get(JAVA_LONG_UNALIGNED, source));
                }
            }
        }
    }

    /// The common case, line by line through arrays.
    private static void transposeInts(
            MemorySegment x,
            long from,
            long fromStride,
            MemorySegment y,
            long to,
            long toStride,
            int rows,
            int columns) {
        Scratch scratch = Scratch.local();
        int[] square = scratch.ints(Slot.RAW, SQUARE * SQUARE);
        int[] line = scratch.ints(Slot.VALUES, SQUARE);
        for (int j = 0; j < columns; j++) {
            MemorySegment.copy(x, JAVA_INT_UNALIGNED, 4 * (from + j * fromStride), square, j * SQUARE, rows);
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                line[j] = square[j * SQUARE + i];
            }
            MemorySegment.copy(line, 0, y, JAVA_INT_UNALIGNED, 4 * (to + i * toStride), columns);
        }
    }
}
