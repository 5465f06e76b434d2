package dev.octet.kernels;

/// Extents of a convolution or pooling over two spatial axes. One spatial axis is a height of 1.
///
/// @param kernelHeight extents of the window before dilation
/// @param padTop rows of padding above the input; rows below follow from the output's extent
/// @param layout of the input and of the output; weights are `[outChannels, inChannels/groups, kernelHeight,
///   kernelWidth]` in any layout
public record ConvGeometry(
        int batch,
        int groups,
        int inChannels,
        int inHeight,
        int inWidth,
        int outChannels,
        int outHeight,
        int outWidth,
        int kernelHeight,
        int kernelWidth,
        int strideHeight,
        int strideWidth,
        int padTop,
        int padLeft,
        int dilationHeight,
        int dilationWidth,
        Layout layout) {
    public ConvGeometry {
        if (Math.min(Math.min(batch, inHeight), Math.min(inWidth, Math.min(outHeight, outWidth))) < 0) {
            throw new IllegalArgumentException("convolution: negative extent of input or output");
        }
        if (groups < 1 || inChannels < 1 || outChannels < 1 || inChannels % groups != 0 || outChannels % groups != 0) {
            throw new IllegalArgumentException(
                    "convolution: expected channels that are multiples of the groups, found "
                            + inChannels
                            + " in, "
                            + outChannels
                            + " out, "
                            + groups
                            + " groups");
        }
        if (Math.min(kernelHeight, kernelWidth) < 1
                || Math.min(strideHeight, strideWidth) < 1
                || Math.min(dilationHeight, dilationWidth) < 1) {
            throw new IllegalArgumentException("convolution: expected window, strides and dilations >= 1");
        }
        if (padTop < 0 || padLeft < 0) {
            throw new IllegalArgumentException("convolution: expected padding >= 0, found " + padTop + ", " + padLeft);
        }
    }

    /// The same extents, channels first.
    public ConvGeometry(
            int batch,
            int groups,
            int inChannels,
            int inHeight,
            int inWidth,
            int outChannels,
            int outHeight,
            int outWidth,
            int kernelHeight,
            int kernelWidth,
            int strideHeight,
            int strideWidth,
            int padTop,
            int padLeft,
            int dilationHeight,
            int dilationWidth) {
        this(
                batch,
                groups,
                inChannels,
                inHeight,
                inWidth,
                outChannels,
                outHeight,
                outWidth,
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                padTop,
                padLeft,
                dilationHeight,
                dilationWidth,
                Layout.CHANNELS_FIRST);
    }

    /// Extents for one group, without padding, of stride and dilation 1, one image, channels first.
    public static ConvGeometry of(
            int inChannels, int inHeight, int inWidth, int outChannels, int kernelHeight, int kernelWidth) {
        return new ConvGeometry(
                1,
                1,
                inChannels,
                inHeight,
                inWidth,
                outChannels,
                inHeight - kernelHeight + 1,
                inWidth - kernelWidth + 1,
                kernelHeight,
                kernelWidth,
                1,
                1,
                0,
                0,
                1,
                1);
    }

    public ConvGeometry withLayout(Layout newLayout) {
        return new ConvGeometry(
                batch,
                groups,
                inChannels,
                inHeight,
                inWidth,
                outChannels,
                outHeight,
                outWidth,
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                padTop,
                padLeft,
                dilationHeight,
                dilationWidth,
                newLayout);
    }

    public boolean isChannelsLast() {
        return layout == Layout.CHANNELS_LAST;
    }

    /// Whether each output channel reads one input channel of its own.
    public boolean isDepthwise() {
        return groups == inChannels && groups == outChannels;
    }

    /// Whether the window is a single element moved by one, so that the input is a matrix `[channels, pixels]`, or
    /// `[pixels, channels]`.
    public boolean isPointwise() {
        return kernelHeight == 1
                && kernelWidth == 1
                && strideHeight == 1
                && strideWidth == 1
                && padTop == 0
                && padLeft == 0
                && outHeight == inHeight
                && outWidth == inWidth;
    }

    /// Input pixels of one channel.
    public int inPixels() {
        return Math.multiplyExact(inHeight, inWidth);
    }

    /// Output pixels of one channel.
    public int outPixels() {
        return Math.multiplyExact(outHeight, outWidth);
    }

    public long inputElements() {
        return (long) batch * inChannels * inHeight * inWidth;
    }

    public long outputElements() {
        return (long) batch * outChannels * outHeight * outWidth;
    }

    /// Index of an element in the input.
    public long inputIndex(int image, int channel, int row, int column) {
        return index(image, channel, row, column, inChannels, inHeight, inWidth);
    }

    /// Index of an element in the output.
    public long outputIndex(int image, int channel, int row, int column) {
        return index(image, channel, row, column, outChannels, outHeight, outWidth);
    }

    private long index(int image, int channel, int row, int column, int channels, int height, int width) {
        return switch (layout) {
            case CHANNELS_FIRST -> (((long) image * channels + channel) * height + row) * width + column;
            case CHANNELS_LAST -> (((long) image * height + row) * width + column) * channels + channel;
        };
    }

    /// Products that one output element sums.
    public int reductionLength() {
        return inChannels / groups * kernelHeight * kernelWidth;
    }

    /// Multiply-accumulate operations of the whole convolution.
    public long macs() {
        return outputElements() * reductionLength();
    }
}
