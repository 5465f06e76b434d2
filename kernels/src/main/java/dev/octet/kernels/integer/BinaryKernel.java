package dev.octet.kernels.integer;

import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// A function of two operands that broadcast, row by row of the result's last axis.
final class BinaryKernel implements Kernel {
    /// Elements of a tile.
    private static final int TILE = 1 << 14;

    private final IntegerSpec.Binary spec;
    private final int width;
    private final long rows;
    private final long[] extents;
    private final long[] left;
    private final long[] right;

    private BinaryKernel(IntegerSpec.Binary spec) {
        this.spec = spec;
        Shape y = Shape.broadcast(spec.a(), spec.b());
        int rank = Math.max(1, y.rank());
        extents = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            extents[axis] = y.rank() == 0 ? 1 : y.dim(axis);
        }
        left = strides(spec.a(), rank);
        right = strides(spec.b(), rank);
        width = Math.toIntExact(extents[rank - 1]);
        rows = width == 0 ? 0 : y.elementCount() / width;
    }

    static Kernel of(IntegerSpec.Binary spec) {
        return new BinaryKernel(spec);
    }

    /// Strides of an operand along the result's axes, 0 where it repeats.
    private static long[] strides(Shape shape, int rank) {
        long[] own = shape.strides();
        long[] strides = new long[rank];
        for (int axis = 0; axis < shape.rank(); axis++) {
            strides[rank - shape.rank() + axis] = shape.dim(axis) == 1 ? 0 : own[axis];
        }
        return strides;
    }

    private long rowsPerTile() {
        return Math.max(1, TILE / Math.max(1, width));
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(rows, rowsPerTile())));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        Rows scratch = Rows.local();
        int[] a = scratch.left(width);
        int[] b = scratch.right(width);
        long end = Math.min(rows, (tile + 1) * rowsPerTile());
        for (long row = tile * rowsPerTile(); row < end; row++) {
            load(scratch, inputs[0], spec.left(), left, row, a);
            load(scratch, inputs[1], spec.right(), right, row, b);
            for (int i = 0; i < width; i++) {
                a[i] = spec.function().apply(a[i], b[i]);
            }
            scratch.store(a, width, outputs[0], row * width);
        }
    }

    private void load(Rows scratch, MemorySegment from, DType dtype, long[] strides, long row, int[] to) {
        long start = 0;
        long rest = row;
        for (int axis = extents.length - 2; axis >= 0; axis--) {
            start += rest % extents[axis] * strides[axis];
            rest /= extents[axis];
        }
        if (strides[strides.length - 1] == 1) {
            scratch.load(from, dtype, start, width, 0, to, 0);
        } else {
            Arrays.fill(to, 0, width, Rows.get(from, dtype, start));
        }
    }
}
