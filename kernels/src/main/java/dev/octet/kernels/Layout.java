package dev.octet.kernels;

import dev.octet.tensor.Shape;

/// Order in memory of the axes of an image tensor `[batch, channels, spatial axes…]`.
public enum Layout {
    /// `[batch, channels, height, width]`: what ONNX writes.
    CHANNELS_FIRST,
    /// `[batch, height, width, channels]`: what convolutions like best, since a pixel's channels are neighbours.
    CHANNELS_LAST;

    /// The axes in the order in which they lie in memory.
    public int[] order(int rank) {
        int[] order = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            order[place(axis, rank)] = axis;
        }
        return order;
    }

    /// Where an axis lies.
    public int place(int axis, int rank) {
        if (this == CHANNELS_FIRST || axis == 0 || rank < 2) {
            return axis;
        }
        return axis == 1 ? rank - 1 : axis - 1;
    }

    /// The extents in the order in which they lie in memory.
    public Shape stored(Shape shape) {
        long[] dims = new long[shape.rank()];
        for (int axis = 0; axis < dims.length; axis++) {
            dims[place(axis, dims.length)] = shape.dim(axis);
        }
        return Shape.of(dims);
    }

    /// Whether the elements of a tensor lie in the same order in every layout: it has one channel, or one pixel.
    public static boolean isIndifferent(Shape shape) {
        return shape.rank() < 3 || shape.dim(1) == 1 || shape.product(2, shape.rank()) == 1;
    }
}
