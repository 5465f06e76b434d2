package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.Map;

/// Smallest and largest value of all batches (PyTorch's `MinMaxObserver`). Infinities are refused, since no scale
/// follows from them. [#merge] is exact, associative and commutative.
public final class MinMaxObserver implements Observer {
    static final String KIND = "minmax";

    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;

    public MinMaxObserver() {}

    MinMaxObserver(ObserverState state) {
        if (!state.numbers().isEmpty()) {
            min = (float) state.number("min");
            max = (float) state.number("max");
            Ranges.requireOrdered(KIND, min, max);
        }
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        if (values.elementCount() == 0) {
            return;
        }
        ValueRange batch = BinCounter.finiteRange(values);
        min = Math.min(min, batch.min());
        max = Math.max(max, batch.max());
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        MinMaxObserver o = Ranges.requireSame(this, other);
        min = Math.min(min, o.min);
        max = Math.max(max, o.max);
    }

    float min() {
        return min;
    }

    float max() {
        return max;
    }

    @Override
    public boolean isEmpty() {
        return min > max;
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        return scheme.params(min, max, numerics);
    }

    @Override
    public ObserverState state() {
        return new ObserverState(
                KIND, isEmpty() ? Map.of() : Map.of("min", (double) min, "max", (double) max), Map.of());
    }
}
