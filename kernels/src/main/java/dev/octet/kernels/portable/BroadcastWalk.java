package dev.octet.kernels.portable;

import dev.octet.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Reads one operand of an element-wise operation in the order of the result's elements.
///
/// Axes of the result are merged where the operand stays a plain run, so that most operands are one run, one element,
/// or a repeated row.
final class BroadcastWalk {
    /// Runs shorter than this are read element by element.
    private static final int SHORT = 16;

    private final long[] extents;
    private final long[] strides;
    private final int last;

    private BroadcastWalk(long[] extents, long[] strides) {
        this.extents = extents;
        this.strides = strides;
        this.last = extents.length - 1;
    }

    /// Of `operand`, whose result has the shape that it and `other` broadcast to.
    static BroadcastWalk of(Shape operand, Shape other) {
        Shape result = Shape.broadcast(operand, other);
        long[] operandStrides = operand.strides();
        long[] extents = new long[result.rank() + 1];
        long[] strides = new long[result.rank() + 1];
        int count = 1;
        extents[0] = 1;
        for (int axis = 0; axis < result.rank(); axis++) {
            int own = axis - (result.rank() - operand.rank());
            long extent = result.dim(axis);
            long stride = own < 0 || operand.dim(own) == 1 ? 0 : operandStrides[own];
            if (extent == 1) {
                continue;
            }
            boolean merges = extents[count - 1] == 1 || strides[count - 1] == stride * extent;
            if (!merges) {
                count++;
                extents[count - 1] = 1;
            }
            extents[count - 1] *= extent;
            strides[count - 1] = stride;
        }
        return new BroadcastWalk(Arrays.copyOf(extents, count), Arrays.copyOf(strides, count));
    }

    /// Reads the operand's elements for result elements `start` to `start + n`.
    void read(MemorySegment from, long start, int n, float[] into) {
        long[] index = index(start);
        for (int at = 0; at < n; ) {
            int run = (int) Math.min(n - at, extents[last] - index[last]);
            long offset = offset(index);
            if (strides[last] == 0) {
                Arrays.fill(into, at, at + run, from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * offset));
            } else if (run < SHORT) {
                for (int j = 0; j < run; j++) {
                    into[at + j] = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * (offset + j));
                }
            } else {
                MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * offset, into, at, run);
            }
            at += run;
            advance(index, run);
        }
    }

    void read(MemorySegment from, long start, int n, byte[] into) {
        long[] index = index(start);
        for (int at = 0; at < n; ) {
            int run = (int) Math.min(n - at, extents[last] - index[last]);
            long offset = offset(index);
            if (strides[last] == 0) {
                Arrays.fill(into, at, at + run, from.get(ValueLayout.JAVA_BYTE, offset));
            } else {
                MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, into, at, run);
            }
            at += run;
            advance(index, run);
        }
    }

    private long[] index(long start) {
        long[] index = new long[extents.length];
        long rest = start;
        for (int axis = last; axis >= 0; axis--) {
            index[axis] = rest % extents[axis];
            rest /= extents[axis];
        }
        return index;
    }

    private long offset(long[] index) {
        long offset = 0;
        for (int axis = 0; axis <= last; axis++) {
            offset += index[axis] * strides[axis];
        }
        return offset;
    }

    private void advance(long[] index, int run) {
        index[last] += run;
        for (int axis = last; axis > 0 && index[axis] == extents[axis]; axis--) {
            index[axis] = 0;
            index[axis - 1]++;
        }
    }
}
