package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Exponentially weighted averages of the smallest and the largest value of each batch (PyTorch's
/// `MovingAverageMinMaxObserver`): the first batch sets them, each later one moves them by `c` of the difference.
///
/// [#merge] puts the other's batches after this one's and gives what observing all of them in that order would, up to
/// rounding: with `n` later batches of which the first had range `f`, `m = m₂ + (1−c)ⁿ·(m₁ − f)`. It is associative,
/// but not commutative. Infinities are refused.
public final class MovingAverageMinMaxObserver implements Observer {
    static final String KIND = "moving-average-minmax";
    private static final int MAX_BATCHES = Integer.MAX_VALUE;

    private final double constant;
    private int batches;
    private float min;
    private float max;
    private float firstMin;
    private float firstMax;

    /// @param constant weight of a new batch, in `(0, 1]`
    public MovingAverageMinMaxObserver(double constant) {
        this.constant = new ObserverSpec.MovingAverageMinMax(constant).constant();
    }

    MovingAverageMinMaxObserver(ObserverState state) {
        this(state.number("constant"));
        batches = state.integer("batches", 0, MAX_BATCHES);
        if (batches > 0) {
            min = (float) state.number("min");
            max = (float) state.number("max");
            firstMin = (float) state.number("firstMin");
            firstMax = (float) state.number("firstMax");
            Ranges.requireOrdered(KIND, min, max);
            Ranges.requireOrdered(KIND, firstMin, firstMax);
        }
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        if (values.elementCount() == 0) {
            return;
        }
        ValueRange batch = BinCounter.finiteRange(values);
        if (batches == 0) {
            min = firstMin = batch.min();
            max = firstMax = batch.max();
        } else {
            // PyTorch multiplies by the constant as a float.
            float c = (float) constant;
            min = min + c * (batch.min() - min);
            max = max + c * (batch.max() - max);
        }
        batches = Math.min(batches, MAX_BATCHES - 1) + 1;
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        MovingAverageMinMaxObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("averaging constant", constant, o.constant);
        if (o.isEmpty()) {
            return;
        }
        if (isEmpty()) {
            min = o.min;
            max = o.max;
            firstMin = o.firstMin;
            firstMax = o.firstMax;
        } else {
            double kept = Math.pow(1 - constant, o.batches);
            min = (float) (o.min + kept * (min - (double) o.firstMin));
            max = (float) (o.max + kept * (max - (double) o.firstMax));
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
        return scheme.params(min, max, numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("constant", constant);
        numbers.put("batches", (double) batches);
        if (batches > 0) {
            numbers.put("min", (double) min);
            numbers.put("max", (double) max);
            numbers.put("firstMin", (double) firstMin);
            numbers.put("firstMax", (double) firstMax);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
