package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Histogram over the range of all values, which a first pass over the data finds and a second one counts in: ONNX
/// Runtime's calibrators, which keep all values of a run in memory instead, and ncnn's KL. What is counted, and which
/// range follows, is up to a [CountingMethod].
///
/// [#merge] is exact, associative and commutative within a pass, provided that all parts of the second pass start from
/// the merged first one. Counts over different ranges are brought to the larger by their bins' middles: commutative,
/// and associative up to how counts move between neighbours. NaN and infinities are refused.
public final class TwoPassHistogramObserver implements Observer {
    private final CountingMethod method;
    private boolean counting;
    private ValueRange values = ValueRange.EMPTY;
    private float leastMagnitude = Float.POSITIVE_INFINITY;
    private BinCounts counts;

    TwoPassHistogramObserver(CountingMethod method) {
        this.method = method;
        counts = BinCounts.zeros(method.bins());
    }

    TwoPassHistogramObserver(CountingMethod method, ObserverState state) {
        this(method);
        if (state.numbers().containsKey("min")) {
            values = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(state.kind(), values.min(), values.max());
            leastMagnitude = (float) state.number("leastMagnitude");
            counting = state.arrays().containsKey("counts");
        }
        if (counting) {
            counts = BinCounts.of(state);
            if (counts.bins() != method.bins()) {
                throw new IllegalArgumentException(
                        state.kind() + ": expected " + method.bins() + " counts, found " + counts.bins());
            }
        }
    }

    @Override
    public void observe(Tensor tensor) {
        Chunk.requireFloat(tensor);
        if (tensor.elementCount() == 0) {
            return;
        }
        if (counting) {
            count(tensor);
        } else {
            values = values.union(BinCounter.finiteRange(tensor));
            leastMagnitude = Math.min(leastMagnitude, leastMagnitude(tensor));
        }
    }

    private static float leastMagnitude(Tensor tensor) {
        Chunk chunk = Chunk.ofThread();
        float least = Float.POSITIVE_INFINITY;
        for (long offset = 0; offset < tensor.elementCount(); offset += Chunk.SIZE) {
            int read = chunk.read(tensor.data(), offset, tensor.elementCount());
            for (int i = 0; i < read; i++) {
                least = Math.min(least, Math.abs(chunk.values[i]));
            }
        }
        return least;
    }

    private void count(Tensor tensor) {
        Chunk chunk = Chunk.ofThread();
        EqualBins bins = bins();
        for (long offset = 0; offset < tensor.elementCount(); offset += Chunk.SIZE) {
            int read = chunk.read(tensor.data(), offset, tensor.elementCount());
            for (int i = 0; i < read; i++) {
                int bin = method.bin(chunk.values[i], bins);
                if (bin >= 0) {
                    counts.counts()[bin]++;
                }
            }
        }
    }

    private EqualBins bins() {
        return method.bins(values, leastMagnitude);
    }

    @Override
    public boolean finishPass() {
        boolean again = !counting && !isEmpty();
        counting |= again;
        return again;
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        TwoPassHistogramObserver o = Ranges.requireSame(this, other);
        if (!method.equals(o.method)) {
            throw new IllegalArgumentException("observer to merge: expected " + method + ", found " + o.method);
        }
        if (o.isEmpty()) {
            return;
        }
        if (!isEmpty() && counting != o.counting) {
            throw new IllegalArgumentException("observer to merge: one has counted its values, the other not yet");
        }
        BinCounts mine = counts;
        EqualBins before = isEmpty() ? o.bins() : bins();
        counting = o.counting;
        values = values.union(o.values);
        leastMagnitude = Math.min(leastMagnitude, o.leastMagnitude);
        EqualBins common = bins();
        counts = before.move(mine, common);
        counts.add(o.bins().move(o.counts, common));
    }

    @Override
    public boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        if (!counting) {
            throw new IllegalStateException("the data have to be observed a second time");
        }
        ValueRange range = method.search(counts, bins(), values, scheme.symmetric());
        return scheme.params(range.min(), range.max(), numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>(method.numbers());
        if (!isEmpty()) {
            numbers.put("min", (double) values.min());
            numbers.put("max", (double) values.max());
            numbers.put("leastMagnitude", (double) leastMagnitude);
        }
        return new ObserverState(method.kind(), numbers, counting ? counts.arrays() : Map.of());
    }
}
