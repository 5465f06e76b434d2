package dev.octet.kernels;

/// Order of the axes of an image tensor in memory.
public enum Layout {
    /// `[batch, channels, height, width]`: what ONNX writes.
    CHANNELS_FIRST,
    /// `[batch, height, width, channels]`: what convolutions like best, since a pixel's channels are neighbours.
    CHANNELS_LAST
}
