package dev.octet.engine.operator;

/// In which layouts of images the kernels of an operator work. All images of a kernel lie in the same layout.
public enum LayoutRule {
    /// Channels first only: the axes must lie in the order in which the operator names them.
    CHANNELS_FIRST,
    /// Whichever the images have.
    ANY,
    /// Any; most of the time goes into these kernels, so theirs is the layout to choose.
    CONVOLUTION
}
