package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Exponentially weighted averages of the smallest and the largest value of each index of one axis (PyTorch's
/// `MovingAveragePerChannelMinMaxObserver`).
///
/// [#merge] is that of [MovingAverageMinMaxObserver], channel by channel: associative up to rounding, in order. Empty
/// batches change nothing; NaN and infinities are refused.
public final class MovingAveragePerChannelMinMaxObserver implements Observer {
    static final String KIND = "moving-average-per-channel-minmax";
    private static final int MAX_BATCHES = Integer.MAX_VALUE;

    private final double constant;
    private final int axis;
    private int batches;
    private ChannelRanges average = ChannelRanges.NONE;
    private ChannelRanges first = ChannelRanges.NONE;

    /// @param axis the axis of the channels; at least 0
    /// @param constant weight of a new batch, in `(0, 1]`
    public MovingAveragePerChannelMinMaxObserver(int axis, double constant) {
        this.axis = ChannelRanges.requireAxis(axis);
        this.constant = new ObserverSpec.MovingAveragePerChannelMinMax(constant).constant();
    }

    MovingAveragePerChannelMinMaxObserver(ObserverState state) {
        this(state.integer("axis", 0, ChannelRanges.MAX_AXIS), state.number("constant"));
        batches = state.integer("batches", 0, MAX_BATCHES);
        if (batches > 0) {
            average = ChannelRanges.of(KIND, state.array("mins"), state.array("maxs"));
            first = ChannelRanges.of(KIND, state.array("firstMins"), state.array("firstMaxs"));
            average.requireSameCount(first.count());
        }
    }

    @Override
    public void observe(Tensor values) {
        ChannelRanges batch = ChannelRanges.of(values, axis);
        if (batch.isEmpty()) {
            return;
        }
        if (isEmpty()) {
            average = batch;
            first = batch;
        } else {
            average.requireSameCount(batch.count());
            // PyTorch multiplies by the constant as a float.
            float c = (float) constant;
            average = average.combine(batch, (old, now) -> old + c * (now - old));
        }
        batches = Math.min(batches, MAX_BATCHES - 1) + 1;
    }

    @Override
    public void merge(Observer other) {
        MovingAveragePerChannelMinMaxObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("channel axis", axis, o.axis);
        Ranges.requireEqual("averaging constant", constant, o.constant);
        if (o.isEmpty()) {
            return;
        }
        if (isEmpty()) {
            average = o.average;
            first = o.first;
        } else {
            average.requireSameCount(o.average.count());
            double kept = Math.pow(1 - constant, o.batches);
            ChannelRanges difference = average.combine(o.first, (mine, theirs) -> mine - theirs);
            average = o.average.combine(difference, (theirs, d) -> (float) (theirs + kept * d));
        }
        batches = (int) Math.min((long) batches + o.batches, MAX_BATCHES);
    }

    @Override
    public boolean isEmpty() {
        return batches == 0;
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        return scheme.params(average.mins(), average.maxs(), axis, numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("axis", (double) axis);
        numbers.put("constant", constant);
        numbers.put("batches", (double) batches);
        Map<String, float[]> arrays = new LinkedHashMap<>();
        if (batches > 0) {
            arrays.put("mins", average.mins().clone());
            arrays.put("maxs", average.maxs().clone());
            arrays.put("firstMins", first.mins().clone());
            arrays.put("firstMaxs", first.maxs().clone());
        }
        return new ObserverState(KIND, numbers, arrays);
    }
}
