package dev.octet.kernels.x64;

import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// A walk over the elements of a shape by operands that broadcast to it, with as few axes as possible: axes that all
/// operands pass in one go are merged. The last axis is a row, whose elements an operand has one after the other or
/// repeats.
///
/// @param extents of the merged axes, the last that of a row
/// @param strides for each operand and axis, in elements
record RowPlan(long[] extents, long[][] strides) {
    /// @param operands shapes that broadcast to `result`
    static RowPlan of(Shape result, List<Shape> operands) {
        List<Long> extents = new ArrayList<>();
        List<long[]> columns = new ArrayList<>();
        for (int axis = result.rank() - 1; axis >= 0; axis--) {
            long extent = result.dim(axis);
            if (extent == 1) {
                continue;
            }
            long[] column = column(result, operands, axis);
            int last = extents.size() - 1;
            if (last >= 0 && continues(column, columns.get(last), extents.get(last))) {
                extents.set(last, extents.get(last) * extent);
            } else {
                extents.add(extent);
                columns.add(column);
            }
        }
        if (extents.isEmpty()) {
            extents.add(1L);
            columns.add(new long[operands.size()]);
        }
        int axes = extents.size();
        long[] ordered = new long[axes];
        long[][] strides = new long[operands.size()][axes];
        for (int i = 0; i < axes; i++) {
            ordered[axes - 1 - i] = extents.get(i);
            for (int o = 0; o < strides.length; o++) {
                strides[o][axes - 1 - i] = columns.get(i)[o];
            }
        }
        return new RowPlan(ordered, strides);
    }

    /// The stride of each operand along an axis of the result.
    private static long[] column(Shape result, List<Shape> operands, int axis) {
        long[] column = new long[operands.size()];
        for (int o = 0; o < column.length; o++) {
            Shape operand = operands.get(o);
            int own = axis - (result.rank() - operand.rank());
            column[o] = own < 0 || operand.dim(own) == 1 ? 0 : operand.strides()[own];
        }
        return column;
    }

    /// Whether an outer axis goes on where an inner one ends, for every operand.
    private static boolean continues(long[] outer, long[] inner, long innerExtent) {
        for (int o = 0; o < outer.length; o++) {
            if (outer[o] != inner[o] * innerExtent) {
                return false;
            }
        }
        return true;
    }

    /// Elements of a row.
    long length() {
        return extents[extents.length - 1];
    }

    /// Rows of the whole shape.
    long rows() {
        long rows = 1;
        for (int axis = 0; axis < extents.length - 1; axis++) {
            rows *= extents[axis];
        }
        return rows;
    }

    /// Rows from `row` on, at most `most`, that follow each other at one distance.
    long run(long row, long most) {
        long extent = extents.length < 2 ? 1 : extents[extents.length - 2];
        return Math.min(most, extent - row % extent);
    }

    /// Whether an operand has one element for a whole row.
    boolean repeats(int operand) {
        return strides[operand][extents.length - 1] == 0 && length() > 1;
    }

    /// Distance of neighbouring rows of a run, in elements.
    long rowStride(int operand) {
        return extents.length < 2 ? 0 : strides[operand][extents.length - 2];
    }

    /// Index of a row's first element.
    long offset(int operand, long row) {
        long offset = 0;
        long rest = row;
        for (int axis = extents.length - 2; axis >= 0; axis--) {
            offset += rest % extents[axis] * strides[operand][axis];
            rest /= extents[axis];
        }
        return offset;
    }
}
