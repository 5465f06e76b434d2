package dev.octet.kernels;

/// Extents of a convolution or pooling over two spatial axes, channels first. One spatial axis is a height of 1.
///
/// @param kernelHeight extents of the window before dilation
/// @param padTop rows of padding above the input; rows below follow from the output's extent
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
        int dilationWidth) {

    /// Whether each output channel reads one input channel of its own.
    public boolean isDepthwise() {
        return groups == inChannels && groups == outChannels;
    }

    /// Whether the window is a single element moved by one, so that the input is a matrix `[channels, pixels]`.
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

    public long inputElements() {
        return (long) batch * inChannels * inHeight * inWidth;
    }

    public long outputElements() {
        return (long) batch * outChannels * outHeight * outWidth;
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
