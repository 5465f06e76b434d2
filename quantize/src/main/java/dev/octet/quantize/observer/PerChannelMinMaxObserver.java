package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.Map;

/// Smallest and largest value of each index of one axis (PyTorch's `PerChannelMinMaxObserver`). Infinities are refused.
/// [#merge] is exact, associative and commutative.
public final class PerChannelMinMaxObserver implements Observer {
    static final String KIND = "per-channel-minmax";

    private final int axis;
    private ChannelRanges ranges = ChannelRanges.NONE;

    /// @param axis the axis of the channels; at least 0
    public PerChannelMinMaxObserver(int axis) {
        this.axis = ChannelRanges.requireAxis(axis);
    }

    PerChannelMinMaxObserver(ObserverState state) {
        this(state.integer("axis", 0, ChannelRanges.MAX_AXIS));
        ranges = ChannelRanges.of(KIND, state.array("mins"), state.array("maxs"));
    }

    @Override
    public void observe(Tensor values) {
        take(ChannelRanges.of(values, axis));
    }

    private void take(ChannelRanges other) {
        if (isEmpty()) {
            ranges = other;
        } else if (!other.isEmpty()) {
            ranges.requireSameCount(other.count());
            ranges = ranges.union(other);
        }
    }

    @Override
    public void merge(Observer other) {
        PerChannelMinMaxObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("channel axis", axis, o.axis);
        take(o.ranges);
    }

    @Override
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        return scheme.params(ranges.mins(), ranges.maxs(), axis, numerics);
    }

    @Override
    public ObserverState state() {
        return new ObserverState(
                KIND,
                Map.of("axis", (double) axis),
                Map.of("mins", ranges.mins().clone(), "maxs", ranges.maxs().clone()));
    }
}
