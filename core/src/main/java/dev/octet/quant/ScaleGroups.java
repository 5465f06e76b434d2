package dev.octet.quant;

import dev.octet.tensor.Shape;

/// Which scale each element of a tensor has: the tensor seen as `[outer, length, inner]`, with `groupSize` consecutive
/// entries of the middle axis to a group, and groups numbered row-major over `[outer, groups, inner]`, or over
/// `[groups]` if each index of the axis has one scale whatever its place on other axes.
///
/// @param shared whether the scale depends on the axis only
public record ScaleGroups(long outer, long length, long inner, long groupSize, boolean shared) {
    /// Takes a run of consecutive elements that share a scale.
    @FunctionalInterface
    public interface RunConsumer {
        void accept(int group, long start, long end);
    }

    /// @throws IllegalArgumentException if the granularity does not fit the shape
    public static ScaleGroups of(Granularity granularity, Shape shape) {
        return switch (granularity) {
            case Granularity.PerTensor() -> new ScaleGroups(1, 1, shape.elementCount(), 1, true);
            case Granularity.PerChannel(int axis) -> along(shape, axis, 1, true);
            case Granularity.PerGroup(int axis, int groupSize) -> along(shape, axis, groupSize, false);
        };
    }

    private static ScaleGroups along(Shape shape, int axis, long groupSize, boolean shared) {
        int normalized = Shape.normalizeAxis(axis, shape.rank());
        return new ScaleGroups(
                shape.product(0, normalized),
                shape.dim(normalized),
                shape.product(normalized + 1, shape.rank()),
                groupSize,
                shared);
    }

    /// Number of groups along the axis.
    public long groupsAlongAxis() {
        return Math.ceilDiv(length, groupSize);
    }

    /// How many scales there are.
    public long count() {
        return shared ? groupsAlongAxis() : outer * groupsAlongAxis() * inner;
    }

    /// @throws IllegalArgumentException if there are not as many scales as groups
    public ScaleGroups requireCount(long scales) {
        if (scales != count()) {
            throw new IllegalArgumentException("scales: expected " + count() + ", found " + scales);
        }
        return this;
    }

    /// Visits all elements in row-major order, cut into runs.
    public void forEachRun(RunConsumer consumer) {
        long start = 0;
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < length; i++) {
                if (shared) {
                    consumer.accept((int) (i / groupSize), start, start + inner);
                } else {
                    long row = (o * groupsAlongAxis() + i / groupSize) * inner;
                    for (long k = 0; k < inner; k++) {
                        consumer.accept((int) (row + k), start + k, start + k + 1);
                    }
                }
                start += inner;
            }
        }
    }
}
