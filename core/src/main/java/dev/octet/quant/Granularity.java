package dev.octet.quant;

/// Which elements of a tensor share a scale and a zero point.
public sealed interface Granularity {
    Granularity PER_TENSOR = new PerTensor();

    /// All elements.
    record PerTensor() implements Granularity {}

    /// The elements of one index of an axis.
    record PerChannel(int axis) implements Granularity {}

    /// `groupSize` consecutive elements along an axis, within one index of every other axis; the last group may be
    /// shorter. Scales are ordered as the elements of the tensor with that axis divided by the group size.
    record PerGroup(int axis, int groupSize) implements Granularity {}

    static Granularity perChannel(int axis) {
        return new PerChannel(axis);
    }
}
