package dev.octet.quantize.observer;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;

/// Smallest and largest values along an axis, one pair for each of its indices. The arrays are never modified.
record ChannelRanges(float[] mins, float[] maxs) {
    static final ChannelRanges NONE = new ChannelRanges(new float[0], new float[0]);
    static final int MAX_AXIS = 64;

    /// How two bounds of a channel become one.
    @FunctionalInterface
    interface BoundFunction {
        float apply(float mine, float other);
    }

    static int requireAxis(int axis) {
        if (axis < 0 || axis > MAX_AXIS) {
            throw new IllegalArgumentException("channel axis: expected 0 to " + MAX_AXIS + ", found " + axis);
        }
        return axis;
    }

    /// Ranges read from a saved state.
    static ChannelRanges of(String kind, float[] mins, float[] maxs) {
        if (mins.length != maxs.length) {
            throw new IllegalArgumentException(
                    kind + ": expected as many maxima as minima, found " + maxs.length + " and " + mins.length);
        }
        for (int c = 0; c < mins.length; c++) {
            Ranges.requireOrdered(kind, mins[c], maxs[c]);
        }
        return new ChannelRanges(mins, maxs);
    }

    /// The ranges of a tensor; [#NONE] if it has no elements.
    ///
    /// @throws IllegalArgumentException if it is not FLOAT32, has no such axis, a NaN or an infinity
    static ChannelRanges of(Tensor values, int axis) {
        Chunk.requireFloat(values);
        Shape shape = values.shape();
        if (axis >= shape.rank()) {
            throw new IllegalArgumentException("channel axis " + axis + " is outside of shape " + shape);
        }
        if (values.elementCount() == 0) {
            return NONE;
        }
        long channels = shape.dim(axis);
        if (channels > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("channels: expected less than 2³¹, found " + channels);
        }
        ChannelRanges ranges =
                new ChannelRanges(
                        filled((int) channels, Float.POSITIVE_INFINITY),
                        filled((int) channels, Float.NEGATIVE_INFINITY));
        if (axis == shape.rank() - 1 && channels <= Chunk.SIZE) {
            ranges.takeRows(values);
        } else {
            ranges.takeRuns(values, shape.product(axis + 1, shape.rank()));
        }
        for (int c = 0; c < channels; c++) {
            Ranges.requireFinite(ranges.mins[c], ranges.maxs[c]);
        }
        return ranges;
    }

    private static float[] filled(int length, float value) {
        float[] array = new float[length];
        Arrays.fill(array, value);
        return array;
    }

    /// Channels are adjacent: rows are taken in element-wise.
    private void takeRows(Tensor values) {
        Chunk chunk = Chunk.ofThread();
        float[] row = chunk.values;
        int channels = mins.length;
        for (long offset = 0; offset < values.elementCount(); offset += channels) {
            chunk.read(values.data(), offset, offset + channels);
            for (int c = 0; c < mins.length; c++) {
                mins[c] = Math.min(mins[c], row[c]);
                maxs[c] = Math.max(maxs[c], row[c]);
            }
        }
    }

    /// The elements of one channel are adjacent.
    private void takeRuns(Tensor values, long run) {
        Chunk chunk = Chunk.ofThread();
        int channels = mins.length;
        for (long offset = 0, i = 0; offset < values.elementCount(); offset += run, i++) {
            int c = (int) (i % channels);
            ValueRange range = chunk.range(values, offset, offset + run);
            mins[c] = Math.min(mins[c], range.min());
            maxs[c] = Math.max(maxs[c], range.max());
        }
    }

    boolean isEmpty() {
        return mins.length == 0;
    }

    int count() {
        return mins.length;
    }

    void requireSameCount(int channels) {
        if (channels != count()) {
            throw new IllegalArgumentException("channels: expected " + count() + ", found " + channels);
        }
    }

    /// One function on all bounds of these ranges and others of as many channels.
    ChannelRanges combine(ChannelRanges other, BoundFunction function) {
        return combine(other, function, function);
    }

    /// The smallest ranges that contain these and others of as many channels.
    ChannelRanges union(ChannelRanges other) {
        return combine(other, Math::min, Math::max);
    }

    private ChannelRanges combine(ChannelRanges other, BoundFunction forMin, BoundFunction forMax) {
        float[] newMins = new float[mins.length];
        float[] newMaxs = new float[mins.length];
        for (int c = 0; c < mins.length; c++) {
            newMins[c] = forMin.apply(mins[c], other.mins[c]);
            newMaxs[c] = forMax.apply(maxs[c], other.maxs[c]);
        }
        return new ChannelRanges(newMins, newMaxs);
    }
}
