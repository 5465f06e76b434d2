package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// A range of which one end or both are given, whatever the values are; an end that is not is the smallest or largest
/// value (ONNX Runtime's `rmin` and `rmax`). [#merge] is exact, associative and commutative.
public final class GivenRangeObserver implements Observer {
    static final String KIND = "given-range";

    private final float min;
    private final float max;
    private final MinMaxObserver observed;

    /// @param min NaN for the smallest value
    /// @param max NaN for the largest value
    public GivenRangeObserver(float min, float max) {
        this(min, max, new MinMaxObserver());
    }

    private GivenRangeObserver(float min, float max, MinMaxObserver observed) {
        if (min > max || Float.isInfinite(min) || Float.isInfinite(max)) {
            throw new IllegalArgumentException(KIND + ": expected finite min <= max, found " + min + " and " + max);
        }
        this.min = min;
        this.max = max;
        this.observed = observed;
    }

    GivenRangeObserver(ObserverState state) {
        this(
                end(state, "givenMin"),
                end(state, "givenMax"),
                new MinMaxObserver(
                        new ObserverState(
                                MinMaxObserver.KIND,
                                state.numbers().containsKey("min")
                                        ? Map.of("min", state.number("min"), "max", state.number("max"))
                                        : Map.of(),
                                Map.of())));
    }

    private static float end(ObserverState state, String name) {
        return state.numbers().containsKey(name) ? (float) state.number(name) : Float.NaN;
    }

    @Override
    public void observe(Tensor values) {
        observed.observe(values);
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        GivenRangeObserver o = Ranges.requireSame(this, other);
        if (Float.compare(min, o.min) != 0 || Float.compare(max, o.max) != 0) {
            throw new IllegalArgumentException(
                    "observer to merge: expected the range ["
                            + min
                            + ", "
                            + max
                            + "], found ["
                            + o.min
                            + ", "
                            + o.max
                            + "]");
        }
        observed.merge(o.observed);
    }

    @Override
    public boolean isEmpty() {
        return (Float.isNaN(min) || Float.isNaN(max)) && observed.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        // Values that lie beyond the given end altogether are all clipped to it.
        float low = Float.isNaN(min) ? Math.min(observed.min(), max) : min;
        float high = Float.isNaN(max) ? Math.max(observed.max(), min) : max;
        return scheme.params(low, high, numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>(observed.state().numbers());
        if (!Float.isNaN(min)) {
            numbers.put("givenMin", (double) min);
        }
        if (!Float.isNaN(max)) {
            numbers.put("givenMax", (double) max);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
