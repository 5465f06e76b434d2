package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Clips at a multiple of the mean deviation `b` from the mean, which minimizes the expected squared error of Laplace's
/// distribution (ACIQ, arXiv 1810.05723): `α` where `2b²·exp(−α/b) + α²/(3·4^bits)` is least. Where no value is
/// negative, as after a ReLU, one side needs no integers, and `α` is that of one bit more. A first pass over the data
/// finds the mean, a second one the deviation.
///
/// [#merge] is associative and commutative up to rounding within a pass, provided that all parts of the second pass
/// start from the merged first one. NaN and infinities are refused. Values without any deviation keep their magnitude.
public final class LaplaceObserver implements Observer {
    static final String KIND = "aciq-laplace";

    private boolean measuring;
    private ValueRange values = ValueRange.EMPTY;
    private double sum;
    private double count;
    private double deviation;
    private double measured;

    public LaplaceObserver() {}

    LaplaceObserver(ObserverState state) {
        if (!state.numbers().isEmpty()) {
            values = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(KIND, values.min(), values.max());
            sum = state.number("sum");
            count = state.number("count");
            deviation = state.number("deviation");
            measured = state.number("measured");
            measuring = state.integer("measuring", 0, 1) == 1;
            if (!(count >= 1 && deviation >= 0 && measured >= 0)) {
                throw new IllegalArgumentException(KIND + ": expected counts and deviations of values, found " + state);
            }
        }
    }

    @Override
    public void observe(Tensor tensor) {
        Chunk.requireFloat(tensor);
        if (tensor.elementCount() == 0) {
            return;
        }
        ValueRange range = BinCounter.finiteRange(tensor);
        double mean = measuring ? sum / count : 0;
        double total = 0;
        Chunk chunk = Chunk.ofThread();
        for (long offset = 0; offset < tensor.elementCount(); offset += Chunk.SIZE) {
            int read = chunk.read(tensor.data(), offset, tensor.elementCount());
            for (int i = 0; i < read; i++) {
                total += measuring ? Math.abs(chunk.values[i] - mean) : chunk.values[i];
            }
        }
        if (measuring) {
            deviation += total;
            measured += tensor.elementCount();
        } else {
            values = values.union(range);
            sum += total;
            count += tensor.elementCount();
        }
    }

    @Override
    public boolean finishPass() {
        boolean again = !measuring && !isEmpty();
        measuring |= again;
        return again;
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        LaplaceObserver o = Ranges.requireSame(this, other);
        if (o.isEmpty()) {
            return;
        }
        if (!isEmpty() && measuring != o.measuring) {
            throw new IllegalArgumentException("observer to merge: one has seen its values twice, the other once");
        }
        if (isEmpty() || !measuring) {
            values = values.union(o.values);
            sum += o.sum;
            count += o.count;
        }
        measuring = o.measuring;
        deviation += o.deviation;
        measured += o.measured;
    }

    @Override
    public boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        if (!measuring || measured == 0) {
            throw new IllegalStateException("the data have to be observed a second time");
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(scheme.quantMax() - scheme.quantMin());
        boolean oneSided = values.min() >= 0 && !scheme.symmetric();
        double threshold = factor(oneSided ? bits + 1 : bits) * deviation / measured;
        float largest = values.largestMagnitude();
        ValueRange range =
                values.within(threshold == 0 ? largest : (float) Math.min(threshold, largest), scheme.symmetric());
        return scheme.params(range.min(), range.max(), numerics);
    }

    /// `α/b`: the root of `x·exp(x) = 3·4^bits`, by Newton's method from above.
    ///
    /// @param bits at least 1
    public static double factor(int bits) {
        double target = Math.log(3) + bits * Math.log(4);
        double x = target;
        for (double step = 1; Math.abs(step) > 1e-15 * x; ) {
            step = (x + Math.log(x) - target) / (1 + 1 / x);
            x -= step;
        }
        return x;
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        if (!isEmpty()) {
            numbers.put("min", (double) values.min());
            numbers.put("max", (double) values.max());
            numbers.put("sum", sum);
            numbers.put("count", count);
            numbers.put("deviation", deviation);
            numbers.put("measured", measured);
            numbers.put("measuring", measuring ? 1.0 : 0.0);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
