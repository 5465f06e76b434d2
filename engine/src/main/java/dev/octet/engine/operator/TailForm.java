package dev.octet.engine.operator;

/// Which nodes that follow a node its kernel can compute as well, in this order.
///
/// @param factor multiplication by a constant scalar
/// @param bias addition of a constant per channel
/// @param residual addition of another value of the same shape
/// @param activation an element-wise function
/// @param channelAxis the axis of a bias; negative, it counts from the end
record TailForm(boolean factor, boolean bias, boolean residual, boolean activation, int channelAxis) {
    static final TailForm NONE = new TailForm(false, false, false, false, 0);
    static final TailForm ACTIVATION = new TailForm(false, false, false, true, 0);
}
