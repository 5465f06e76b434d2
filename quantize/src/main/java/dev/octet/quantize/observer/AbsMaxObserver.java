package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Largest magnitude, but at most a number of times the root mean square of all values, so that a few outliers do not
/// take the resolution of all others. With an infinite number nothing is clipped: pytorch-quantization's
/// `MaxCalibrator`.
///
/// [#merge] is commutative, and associative up to rounding of the sum. NaN and infinities are refused. If all values
/// are zero, the range is `[0, 0]`.
public final class AbsMaxObserver implements Observer {
    static final String KIND = "absmax";

    private final double deviations;
    private ValueRange values = ValueRange.EMPTY;
    private double squares;
    private long count;

    /// @param deviations largest magnitude to keep, in root mean squares; positive
    public AbsMaxObserver(double deviations) {
        this.deviations = new ObserverSpec.AbsMax(deviations).deviations();
    }

    AbsMaxObserver(ObserverState state) {
        this(state.numbers().containsKey("deviations") ? state.number("deviations") : Double.POSITIVE_INFINITY);
        if (state.numbers().containsKey("min")) {
            values = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(KIND, values.min(), values.max());
            squares = state.number("squares");
            count = (long) state.number("count");
        }
    }

    @Override
    public void observe(Tensor tensor) {
        Chunk.requireFloat(tensor);
        long end = tensor.elementCount();
        if (end == 0) {
            return;
        }
        values = values.union(BinCounter.finiteRange(tensor));
        Chunk chunk = Chunk.ofThread();
        for (long offset = 0; offset < end; offset += Chunk.SIZE) {
            int read = chunk.read(tensor.data(), offset, end);
            for (int i = 0; i < read; i++) {
                squares += (double) chunk.values[i] * chunk.values[i];
            }
        }
        count += end;
    }

    @Override
    public void merge(Observer other) {
        AbsMaxObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("deviations", deviations, o.deviations);
        values = o.isEmpty() ? values : values.union(o.values);
        squares += o.squares;
        count += o.count;
    }

    @Override
    public boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        double limit = squares == 0 ? 0 : deviations * Math.sqrt(squares / count);
        float largest = (float) Math.min(values.largestMagnitude(), limit);
        ValueRange range = values.within(largest, scheme.symmetric());
        return scheme.params(range.min(), range.max(), numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        if (Double.isFinite(deviations)) {
            numbers.put("deviations", deviations);
        }
        if (!isEmpty()) {
            numbers.put("min", (double) values.min());
            numbers.put("max", (double) values.max());
            numbers.put("squares", squares);
            numbers.put("count", (double) count);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
