package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import java.util.Arrays;

/// A convolution, channels last, as a product for each group: a row of A is an output pixel's window, a column of B an
/// output channel.
record ConvolutionProduct(ConvGeometry geometry) {
    /// Whether there is such a product that is worth it: depthwise convolutions have one column a group.
    boolean exists() {
        return geometry.isChannelsLast()
                && !geometry.isDepthwise()
                && geometry.macs() > 0
                && (long) geometry.batch() * geometry.outPixels() < Integer.MAX_VALUE;
    }

    int rows() {
        return geometry.batch() * geometry.outPixels();
    }

    int columns() {
        return geometry.outChannels() / geometry.groups();
    }

    int length() {
        return geometry.reductionLength();
    }

    private int groupChannels() {
        return geometry.inChannels() / geometry.groups();
    }

    /// Index among an output channel's weights, `[channels, kernelHeight, kernelWidth]`, of each index of K,
    /// `[kernelHeight, kernelWidth, channels]`.
    int[] weightOrder() {
        int channels = groupChannels();
        int cells = geometry.kernelHeight() * geometry.kernelWidth();
        int[] order = new int[length()];
        Arrays.setAll(order, p -> p % channels * cells + p / channels);
        return order;
    }

    /// First rows of A for pointwise convolutions.
    long[] inputOffsets(int elementBytes) {
        long[] offsets = new long[geometry.groups()];
        Arrays.setAll(offsets, g -> (long) g * groupChannels() * elementBytes);
        return offsets;
    }

    long[] outputOffsets() {
        long[] offsets = new long[geometry.groups()];
        Arrays.setAll(offsets, g -> (long) g * columns());
        return offsets;
    }

    /// A convolution of few rows with as many columns, and as long sums or shorter ones, whose rows are made in the
    /// same way.
    ///
    /// @param channels of a group
    ConvGeometry sample(int rows, int columns, int channels) {
        if (geometry.isPointwise()) {
            return new ConvGeometry(
                    1, 1, channels, 1, rows, columns, 1, rows, 1, 1, 1, 1, 0, 0, 1, 1, geometry.layout());
        }
        return new ConvGeometry(1, 1, channels, 2, rows, columns, 1, rows, 2, 3, 2, 1, 1, 1, 1, 1, geometry.layout());
    }
}
