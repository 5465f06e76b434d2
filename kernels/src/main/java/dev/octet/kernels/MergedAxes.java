package dev.octet.kernels;

import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// The axes of a transposition's result, those of extent 1 left out and those that stay neighbours merged; at least
/// one.
///
/// @param extents of the result
/// @param strides by which each axis walks the input, in elements
public record MergedAxes(long[] extents, long[] strides) {
    public static MergedAxes of(Shape shape, int[] perm) {
        long[] inputStrides = shape.strides();
        List<long[]> axes = new ArrayList<>();
        for (int p : perm) {
            int axis = Shape.normalizeAxis(p, perm.length);
            long extent = shape.dim(axis);
            long stride = inputStrides[axis];
            if (extent == 1) {
                continue;
            }
            if (!axes.isEmpty() && axes.getLast()[1] == stride * extent) {
                long merged = axes.removeLast()[0] * extent;
                axes.add(new long[] {merged, stride});
            } else {
                axes.add(new long[] {extent, stride});
            }
        }
        if (axes.isEmpty()) {
            axes.add(new long[] {1, 1});
        }
        return new MergedAxes(
                axes.stream().mapToLong(a -> a[0]).toArray(), axes.stream().mapToLong(a -> a[1]).toArray());
    }

    public int last() {
        return extents.length - 1;
    }

    /// The axis of the result along which the input is contiguous.
    public int contiguous() {
        int found = last();
        for (int axis = 0; axis < strides.length; axis++) {
            if (strides[axis] == 1) {
                found = axis;
            }
        }
        return found;
    }
}
