package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/// Smallest and largest value of each index of one axis (PyTorch's `PerChannelMinMaxObserver`). Infinities are refused.
/// [#merge] is exact, associative and commutative.
public final class PerChannelMinMaxObserver implements Observer {
    static final String KIND = "per-channel-minmax";
    private static final int MAX_AXIS = 64;

    private final int axis;
    private float[] mins = {};
    private float[] maxs = {};

    /// @param axis the axis of the channels; at least 0
    public PerChannelMinMaxObserver(int axis) {
        if (axis < 0 || axis > MAX_AXIS) {
            throw new IllegalArgumentException("channel axis: expected 0 to " + MAX_AXIS + ", found " + axis);
        }
        this.axis = axis;
    }

    PerChannelMinMaxObserver(ObserverState state) {
        this(state.integer("axis", 0, MAX_AXIS));
        mins = state.array("mins");
        maxs = state.array("maxs");
        if (mins.length != maxs.length) {
            throw new IllegalArgumentException(
                    KIND + ": expected as many maxima as minima, found " + maxs.length + " and " + mins.length);
        }
        for (int c = 0; c < mins.length; c++) {
            Ranges.requireOrdered(KIND, mins[c], maxs[c]);
        }
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        Shape shape = values.shape();
        if (axis >= shape.rank()) {
            throw new IllegalArgumentException("channel axis " + axis + " is outside of shape " + shape);
        }
        if (values.elementCount() == 0) {
            return;
        }
        long channels = shape.dim(axis);
        requireChannels(channels);
        float[] batchMins = filled((int) channels, Float.POSITIVE_INFINITY);
        float[] batchMaxs = filled((int) channels, Float.NEGATIVE_INFINITY);
        if (axis == shape.rank() - 1 && channels <= Chunk.SIZE) {
            observeLastAxis(values, batchMins, batchMaxs);
        } else {
            observeRuns(values, batchMins, batchMaxs);
        }
        for (int c = 0; c < channels; c++) {
            Ranges.requireFinite(batchMins[c], batchMaxs[c]);
        }
        extend(batchMins, batchMaxs);
    }

    /// Channels are adjacent: rows are taken in element-wise.
    private static void observeLastAxis(Tensor values, float[] batchMins, float[] batchMaxs) {
        Chunk chunk = Chunk.ofThread();
        float[] row = chunk.values;
        int channels = batchMins.length;
        for (long offset = 0; offset < values.elementCount(); offset += channels) {
            chunk.read(values.data(), offset, offset + channels);
            for (int c = 0; c < batchMins.length; c++) {
                batchMins[c] = Math.min(batchMins[c], row[c]);
                batchMaxs[c] = Math.max(batchMaxs[c], row[c]);
            }
        }
    }

    /// The elements of one channel are adjacent.
    private void observeRuns(Tensor values, float[] batchMins, float[] batchMaxs) {
        Chunk chunk = Chunk.ofThread();
        long run = values.shape().product(axis + 1, values.shape().rank());
        int channels = batchMins.length;
        for (long offset = 0, i = 0; offset < values.elementCount(); offset += run, i++) {
            int c = (int) (i % channels);
            ValueRange range = chunk.range(values, offset, offset + run);
            batchMins[c] = Math.min(batchMins[c], range.min());
            batchMaxs[c] = Math.max(batchMaxs[c], range.max());
        }
    }

    private void requireChannels(long channels) {
        if (channels > Integer.MAX_VALUE - 8 || (!isEmpty() && channels != mins.length)) {
            throw new IllegalArgumentException(
                    "channels: expected "
                            + (isEmpty() ? "less than 2³¹" : String.valueOf(mins.length))
                            + ", found "
                            + channels);
        }
    }

    private static float[] filled(int length, float value) {
        float[] array = new float[length];
        Arrays.fill(array, value);
        return array;
    }

    private void extend(float[] otherMins, float[] otherMaxs) {
        if (isEmpty()) {
            mins = otherMins.clone();
            maxs = otherMaxs.clone();
            return;
        }
        for (int c = 0; c < mins.length; c++) {
            mins[c] = Math.min(mins[c], otherMins[c]);
            maxs[c] = Math.max(maxs[c], otherMaxs[c]);
        }
    }

    @Override
    public void merge(Observer other) {
        PerChannelMinMaxObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("channel axis", axis, o.axis);
        if (!o.isEmpty()) {
            requireChannels(o.mins.length);
            extend(o.mins, o.maxs);
        }
    }

    @Override
    public boolean isEmpty() {
        return mins.length == 0;
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        return scheme.params(mins, maxs, axis, numerics);
    }

    @Override
    public ObserverState state() {
        return new ObserverState(
                KIND, Map.of("axis", (double) axis), Map.of("mins", mins.clone(), "maxs", maxs.clone()));
    }
}
