package dev.octet.graph.op;

import dev.octet.tensor.Shape;
import java.util.Arrays;

/// Nested loops over one index space through which several arrays are walked, each by strides of its own. A stride of 0
/// repeats elements (broadcasting), a negative one walks backwards.
///
/// Axes are merged where every array's strides allow, so that rows, the innermost loops, are as long as can be.
final class StridedLoop {
    private final long[] extents;

    /// By array, then by axis.
    private final long[][] strides;

    private StridedLoop(long[] extents, long[][] strides) {
        this.extents = extents;
        this.strides = strides;
    }

    /// One innermost loop.
    @FunctionalInterface
    interface Row {
        /// @param offsets where the row begins in each array; the loop's own, to be read only
        void accept(long[] offsets);
    }

    /// @param strides one array of as many strides as there are extents for each array walked
    static StridedLoop of(long[] extents, long[]... strides) {
        int axes = 0;
        long[] merged = new long[Math.max(1, extents.length)];
        long[][] mergedStrides = new long[strides.length][merged.length];
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] == 1) {
                continue;
            }
            boolean merge = axes > 0;
            for (int array = 0; array < strides.length; array++) {
                merge = merge && mergedStrides[array][axes - 1] == strides[array][axis] * extents[axis];
            }
            int into = merge ? axes - 1 : axes++;
            merged[into] = merge ? merged[into] * extents[axis] : extents[axis];
            for (int array = 0; array < strides.length; array++) {
                mergedStrides[array][into] = strides[array][axis];
            }
        }
        if (axes == 0) {
            merged[axes++] = 1;
        }
        return new StridedLoop(merged, mergedStrides).truncate(axes);
    }

    private StridedLoop truncate(int axes) {
        long[][] shorter = new long[strides.length][];
        for (int array = 0; array < strides.length; array++) {
            shorter[array] = Arrays.copyOf(strides[array], axes);
        }
        return new StridedLoop(Arrays.copyOf(extents, axes), shorter);
    }

    /// The loop over all elements of `target` in which each operand is broadcast to it; array 0 is the target itself.
    static StridedLoop broadcast(Shape target, Shape... operands) {
        long[][] strides = new long[operands.length + 1][];
        strides[0] = target.strides();
        for (int i = 0; i < operands.length; i++) {
            strides[i + 1] = broadcastStrides(operands[i], target.rank());
        }
        return of(target.dims(), strides);
    }

    /// Strides of a tensor that is read as if it had `rank` axes, 0 where it repeats.
    static long[] broadcastStrides(Shape shape, int rank) {
        long[] own = shape.strides();
        long[] strides = new long[rank];
        int skipped = rank - shape.rank();
        for (int axis = 0; axis < shape.rank(); axis++) {
            strides[skipped + axis] = shape.dim(axis) == 1 ? 0 : own[axis];
        }
        return strides;
    }

    /// Merged axes.
    int rank() {
        return extents.length;
    }

    long extent(int axis) {
        return extents[axis];
    }

    long stride(int array, int axis) {
        return strides[array][axis];
    }

    /// Elements of a row.
    long length() {
        return extents[extents.length - 1];
    }

    /// How far an array is walked from one element of a row to the next.
    long step(int array) {
        return strides[array][extents.length - 1];
    }

    /// The loop over the other axes, whose rows are single elements.
    StridedLoop without(int first, int second) {
        long[] kept = extents.clone();
        kept[first] = 1;
        kept[second] = 1;
        StridedLoop rest = of(kept, strides);
        return rest.length() == 1 ? rest : rest.withScalarRows();
    }

    private StridedLoop withScalarRows() {
        int axes = extents.length;
        StridedLoop longer = new StridedLoop(Arrays.copyOf(extents, axes + 1), new long[strides.length][]);
        longer.extents[axes] = 1;
        for (int array = 0; array < strides.length; array++) {
            longer.strides[array] = Arrays.copyOf(strides[array], axes + 1);
        }
        return longer;
    }

    /// Runs all rows in order, the arrays beginning at `starts`.
    void forEachRow(Row row, long... starts) {
        for (long extent : extents) {
            if (extent == 0) {
                return;
            }
        }
        int last = extents.length - 1;
        long[] offsets = starts.clone();
        long[] index = new long[extents.length];
        while (true) {
            row.accept(offsets);
            int axis = last - 1;
            while (axis >= 0 && ++index[axis] == extents[axis]) {
                index[axis] = 0;
                move(offsets, axis, 1 - extents[axis]);
                axis--;
            }
            if (axis < 0) {
                return;
            }
            move(offsets, axis, 1);
        }
    }

    private void move(long[] offsets, int axis, long steps) {
        for (int array = 0; array < offsets.length; array++) {
            offsets[array] += steps * strides[array][axis];
        }
    }
}
