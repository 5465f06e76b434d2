package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/// Histogram over the range seen so far, from which the range with the smallest expected error is searched (PyTorch's
/// `HistogramObserver`, as of 2.13).
///
/// A batch that leaves the range widens it, and what was counted is brought to the new bins; see [ValueRange].
/// Infinities are left out. The counts, the search and the result are PyTorch's bit for bit, where PyTorch runs with
/// AVX2 on one thread: sums of floats depend on the order.
///
/// [#merge] brings both histograms to the common range. It is commutative, and associative up to how mass is split
/// between neighbouring bins; minimum and maximum are exact.
public final class HistogramObserver implements Observer {
    static final String KIND = "histogram";

    private float[] histogram;
    private ValueRange range = ValueRange.EMPTY;

    /// Whether the last batch left the range, as the first ones do: then the next is likely to as well.
    private boolean widened;

    /// @param bins at least 2; 2048 in PyTorch
    public HistogramObserver(int bins) {
        histogram = new float[new ObserverSpec.Histogram(bins).bins()];
    }

    HistogramObserver(ObserverState state) {
        this(state.integer("bins", 2, ObserverSpec.MAX_BINS));
        if (state.numbers().containsKey("min")) {
            range = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(KIND, range.min(), range.max());
            float[] counts = state.array("counts");
            if (counts.length != histogram.length) {
                throw new IllegalArgumentException(
                        KIND + ": expected " + histogram.length + " counts, found " + counts.length);
            }
            for (float count : counts) {
                if (count < 0) {
                    throw new IllegalArgumentException(KIND + ": negative count " + count);
                }
            }
            histogram = counts;
        }
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        if (values.elementCount() == 0) {
            return;
        }
        BinCounter counter = BinCounter.ofThread(histogram.length);
        if (!isEmpty() && !widened) {
            // The usual case takes one pass.
            counter.count(values, range);
            if (counter.allFinite() && range.contains(counter.extremes())) {
                counter.addTo(histogram);
                return;
            }
        }
        ValueRange batch = BinCounter.range(values);
        if (!batch.isInfinite()) {
            observe(values, batch);
            return;
        }
        Tensor finite = withoutInfinities(values);
        if (finite.elementCount() > 0) {
            observe(finite, BinCounter.range(finite));
        }
    }

    private void observe(Tensor values, ValueRange batch) {
        widened = !range.contains(batch);
        widen(range.union(batch));
        BinCounter counter = BinCounter.ofThread(histogram.length);
        counter.count(values, range);
        counter.addTo(histogram);
    }

    private static Tensor withoutInfinities(Tensor values) {
        float[] all = values.toFloatArray();
        int kept = 0;
        for (float value : all) {
            if (Float.isFinite(value)) {
                all[kept++] = value;
            }
        }
        return Tensor.of(Shape.of(kept), Arrays.copyOf(all, kept));
    }

    private void widen(ValueRange wider) {
        histogram = wider.rebin(histogram, range);
        range = wider;
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        HistogramObserver o = Ranges.requireSame(this, other);
        Ranges.requireEqual("bins", histogram.length, o.histogram.length);
        if (o.isEmpty()) {
            return;
        }
        widen(range.union(o.range));
        float[] added = range.rebin(o.histogram, o.range);
        for (int i = 0; i < histogram.length; i++) {
            histogram[i] += added[i];
        }
    }

    @Override
    public boolean isEmpty() {
        return range.isEmpty();
    }

    /// The parameters of the range found by [HistogramSearch]. It minimizes the error of as many steps as the type has,
    /// even if the scheme uses fewer, as PyTorch does.
    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        ValueRange best = new HistogramSearch(histogram, range, 1 << scheme.dtype().bits()).search();
        return scheme.params(best.min(), best.max(), numerics);
    }

    @Override
    public ObserverState state() {
        double bins = histogram.length;
        return isEmpty()
                ? new ObserverState(KIND, Map.of("bins", bins), Map.of())
                : new ObserverState(
                        KIND,
                        Map.of("bins", bins, "min", (double) range.min(), "max", (double) range.max()),
                        Map.of("counts", histogram.clone()));
    }
}
