package dev.octet.kernels.integer;

import dev.octet.kernels.ConvGeometry;
import dev.octet.tensor.Tensor;

/// Which pixels a convolution, or the transposed one of its extents, reads for each result, and with which weights.
///
/// @param g extents of the convolution; the transposed one reads what it writes, and writes what it reads
record Windows(ConvGeometry g, boolean transposed) {
    int inChannels() {
        return transposed ? g.outChannels() : g.inChannels();
    }

    int outChannels() {
        return transposed ? g.inChannels() : g.outChannels();
    }

    int inPixels() {
        return transposed ? g.outPixels() : g.inPixels();
    }

    int outPixels() {
        return transposed ? g.inPixels() : g.outPixels();
    }

    int taps() {
        return g.kernelHeight() * g.kernelWidth();
    }

    /// Whether a result reads few of the pixels under its window, since the others lie between the strides.
    boolean isSparse() {
        return transposed && g.strideHeight() * g.strideWidth() > 1;
    }

    /// Pixel of the input, counted over all images, under a tap of the window of a pixel of the result; −1 for none.
    long inputPixel(long pixel, int tap) {
        int width = transposed ? g.inWidth() : g.outWidth();
        int row = (int) (pixel % outPixels() / width);
        int column = (int) (pixel % width);
        int y;
        int x;
        if (transposed) {
            y = divided(row + g.padTop() - tap / g.kernelWidth() * g.dilationHeight(), g.strideHeight());
            x = divided(column + g.padLeft() - tap % g.kernelWidth() * g.dilationWidth(), g.strideWidth());
        } else {
            y = row * g.strideHeight() - g.padTop() + tap / g.kernelWidth() * g.dilationHeight();
            x = column * g.strideWidth() - g.padLeft() + tap % g.kernelWidth() * g.dilationWidth();
        }
        int inHeight = transposed ? g.outHeight() : g.inHeight();
        int inWidth = transposed ? g.outWidth() : g.inWidth();
        boolean inside = y >= 0 && y < inHeight && x >= 0 && x < inWidth;
        return inside ? (pixel / outPixels() * inHeight + y) * inWidth + x : -1;
    }

    private static int divided(int position, int stride) {
        return position % stride == 0 ? position / stride : -1;
    }

    /// Weights less their zero points as `[groups][taps][inChannels/groups][outChannels/groups]`, or `[taps][channels]`
    /// where each channel has a window of its own.
    ///
    /// @param zeroPoints one, or one per output channel
    int[] pack(Tensor weights, int[] zeroPoints) {
        int in = inChannels() / g.groups();
        int out = outChannels() / g.groups();
        int[] packed = new int[Math.multiplyExact(outChannels(), in * taps())];
        for (int channel = 0; channel < outChannels(); channel++) {
            int group = channel / out;
            int zero = zeroPoints[zeroPoints.length == 1 ? 0 : channel];
            for (int c = 0; c < in; c++) {
                long plane = transposed ? (long) (group * in + c) * out + channel % out : (long) channel * in + c;
                for (int tap = 0; tap < taps(); tap++) {
                    int row = ((group * taps() + tap) * in + c) * out + channel % out;
                    int at = g.isDepthwise() ? tap * outChannels() + channel : row;
                    packed[at] = weights.getInt(plane * taps() + tap) - zero;
                }
            }
        }
        return packed;
    }
}
