package dev.octet.quantize.observer;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// What an [Observer] has gathered, as plain data that can be written to a file.
///
/// @param kind which observer it belongs to, such as `minmax`
/// @param numbers settings and single values by name
/// @param arrays series of values by name; never modified
public record ObserverState(String kind, Map<String, Double> numbers, Map<String, float[]> arrays) {
    private static final Map<String, Function<ObserverState, Observer>> KINDS =
            Map.ofEntries(
                    Map.entry(MinMaxObserver.KIND, MinMaxObserver::new),
                    Map.entry(BatchMeanObserver.KIND, BatchMeanObserver::new),
                    Map.entry(MovingAverageMinMaxObserver.KIND, MovingAverageMinMaxObserver::new),
                    Map.entry(PerChannelMinMaxObserver.KIND, PerChannelMinMaxObserver::new),
                    Map.entry(MovingAveragePerChannelMinMaxObserver.KIND, MovingAveragePerChannelMinMaxObserver::new),
                    Map.entry(HistogramObserver.KIND, HistogramObserver::new),
                    Map.entry(FixedQParamsObserver.KIND, FixedQParamsObserver::new),
                    Map.entry(GivenRangeObserver.KIND, GivenRangeObserver::new),
                    Map.entry(PlaceholderObserver.KIND, PlaceholderObserver::new),
                    Map.entry(RecordingObserver.KIND, RecordingObserver::new),
                    Map.entry(MagnitudeHistogramObserver.KIND, MagnitudeHistogramObserver::new),
                    Map.entry(
                            OnnxRuntimePercentile.KIND,
                            s -> new TwoPassHistogramObserver(OnnxRuntimePercentile.of(s), s)),
                    Map.entry(OnnxRuntimeEntropy.KIND, s -> new TwoPassHistogramObserver(OnnxRuntimeEntropy.of(s), s)),
                    Map.entry(NcnnKl.KIND, s -> new TwoPassHistogramObserver(new NcnnKl(), s)),
                    Map.entry(AciqObserver.KIND, AciqObserver::new),
                    Map.entry(LaplaceObserver.KIND, LaplaceObserver::new),
                    Map.entry(AbsMaxObserver.KIND, AbsMaxObserver::new));

    public ObserverState {
        numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
        arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
    }

    /// An observer that has seen what this state says.
    ///
    /// @throws IllegalArgumentException if the kind is unknown or the data cannot be those of such an observer
    public Observer restore() {
        Function<ObserverState, Observer> kindOf = KINDS.get(kind);
        if (kindOf == null) {
            throw new IllegalArgumentException(
                    "observer kind: expected one of "
                            + KINDS.keySet().stream().sorted().toList()
                            + ", found '"
                            + kind
                            + "'");
        }
        return kindOf.apply(this);
    }

    /// A number that has to be there.
    double number(String name) {
        Double value = numbers.get(name);
        if (value == null || !Double.isFinite(value)) {
            throw new IllegalArgumentException(kind + ": expected a finite number '" + name + "', found " + value);
        }
        return value;
    }

    /// A number that has to be there, whole and in a range.
    int integer(String name, int min, int max) {
        double value = number(name);
        if (value != Math.rint(value) || value < min || value > max) {
            throw new IllegalArgumentException(
                    kind + ": " + name + ": expected an integer in [" + min + ", " + max + "], found " + value);
        }
        return (int) value;
    }

    /// A copy of a series of finite values that has to be there.
    float[] array(String name) {
        float[] values = arrays.get(name);
        if (values == null) {
            throw new IllegalArgumentException(kind + ": series '" + name + "' is missing");
        }
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException(kind + ": " + name + ": expected finite values, found " + value);
            }
        }
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ObserverState state
                && kind.equals(state.kind)
                && numbers.equals(state.numbers)
                && arrays.keySet().equals(state.arrays.keySet())
                && arrays.entrySet().stream().allMatch(e -> Arrays.equals(e.getValue(), state.arrays.get(e.getKey())));
    }

    @Override
    public int hashCode() {
        int hash = kind.hashCode() * 31 + numbers.hashCode();
        for (Map.Entry<String, float[]> e : arrays.entrySet()) {
            hash += e.getKey().hashCode() ^ Arrays.hashCode(e.getValue());
        }
        return hash;
    }
}
