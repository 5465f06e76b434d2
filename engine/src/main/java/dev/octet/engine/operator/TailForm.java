package dev.octet.engine.operator;

/// Which nodes that follow a node its kernel can compute as well, in this order.
///
/// @param factor multiplication by a constant scalar
/// @param bias addition of a constant per channel
/// @param residual addition of another value of the same shape
/// @param activation an element-wise function
/// @param channelAxis the axis of a bias; negative, it counts from the end
/// @param transpose a permutation of axes that keeps the last one, unless there is a residual
record TailForm(
        boolean factor, boolean bias, boolean residual, boolean activation, int channelAxis, boolean transpose) {
    static final TailForm NONE = new TailForm(false, false, false, false, 0);
    static final TailForm ACTIVATION = new TailForm(false, false, false, true, 0);

    TailForm(boolean factor, boolean bias, boolean residual, boolean activation, int channelAxis) {
        this(factor, bias, residual, activation, channelAxis, false);
    }

    TailForm withTranspose() {
        return new TailForm(factor, bias, residual, activation, channelAxis, true);
    }
}
