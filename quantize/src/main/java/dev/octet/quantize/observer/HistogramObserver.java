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
/// A batch that leaves the range widens it, and what was counted is brought to the new bins; see [HistogramRange].
/// Infinities are left out. The counts, the search and the result are PyTorch's bit for bit, where PyTorch runs with
/// AVX2 on one thread: sums of floats depend on the order.
///
/// [#merge] brings both histograms to the common range. It is commutative, and associative up to how mass is split
/// between neighbouring bins; minimum and maximum are exact.
public final class HistogramObserver implements Observer {
    static final String KIND = "histogram";

    /// Bound on bins, so that a damaged file cannot ask for all memory.
    static final int MAX_BINS = 1 << 20;

    /// Chunks between two looks at whether a batch has left the range.
    private static final int CHUNKS_PER_CHECK = 16;

    private final FloatChunks chunks = new FloatChunks();
    private final BinCounter counter;
    private float[] histogram;
    private HistogramRange range = HistogramRange.EMPTY;

    /// @param bins at least 2; 2048 in PyTorch
    public HistogramObserver(int bins) {
        int count = new ObserverSpec.Histogram(bins).bins();
        histogram = new float[count];
        counter = new BinCounter(count);
    }

    HistogramObserver(ObserverState state) {
        this(state.integer("bins", 2, MAX_BINS));
        if (state.numbers().containsKey("min")) {
            range = new HistogramRange((float) state.number("min"), (float) state.number("max"));
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
        FloatChunks.requireFloat(values);
        if (values.elementCount() == 0) {
            return;
        }
        if (!isEmpty() && !range.isPoint() && countWithinRange(values)) {
            counter.addTo(histogram);
            return;
        }
        chunks.resetRange();
        chunks.extendRange(values, 0, values.elementCount());
        FloatChunks.requireNumber(chunks.min());
        Tensor finite = values;
        if (Float.isInfinite(chunks.min()) || Float.isInfinite(chunks.max())) {
            finite = withoutInfinities(values);
            if (finite.elementCount() == 0) {
                return;
            }
            chunks.resetRange();
            chunks.extendRange(finite, 0, finite.elementCount());
        }
        widen(range.union(new HistogramRange(chunks.min(), chunks.max())));
        count(finite);
        counter.addTo(histogram);
    }

    /// Counts a batch in the bins of the range, and says whether all of it lies there; if not, the counts mean nothing.
    /// One pass over memory in the usual case.
    private boolean countWithinRange(Tensor values) {
        counter.start(range);
        chunks.resetRange();
        long end = values.elementCount();
        int unchecked = 0;
        for (long offset = 0; offset < end; offset += FloatChunks.CHUNK) {
            int count = chunks.read(values.data(), offset, end);
            chunks.extendRange(count);
            counter.count(chunks.values, count);
            if (++unchecked == CHUNKS_PER_CHECK) {
                if (!range.contains(chunks.min(), chunks.max())) {
                    return false;
                }
                unchecked = 0;
            }
        }
        return range.contains(chunks.min(), chunks.max());
    }

    private void count(Tensor values) {
        counter.start(range);
        long end = values.elementCount();
        for (long offset = 0; offset < end; offset += FloatChunks.CHUNK) {
            counter.count(chunks.values, chunks.read(values.data(), offset, end));
        }
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

    private void widen(HistogramRange wider) {
        histogram = wider.rebin(histogram, range);
        range = wider;
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
        HistogramRange best = new HistogramSearch(histogram, range, 1 << scheme.dtype().bits()).search();
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
