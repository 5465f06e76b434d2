package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Histogram of magnitudes, from which a largest magnitude is chosen as NVIDIA's pytorch-quantization does for TensorRT
/// (`HistogramCalibrator` with `torch.histc`): by entropy, mean squared error or percentile, see [MagnitudeSearch].
///
/// The first batch decides the width of the bins; a later one with larger magnitudes appends bins of that width. So the
/// order of the batches matters. Where the toolkit's histogram would grow without bound (a first batch that is tiny
/// beside the others), neighbouring bins are joined here; after a first batch of zeros, it starts anew.
///
/// [#merge] brings both to the wider of the two bins, each count to the bin of its old bin's middle: commutative, and
/// associative up to how counts move between neighbours. NaN and infinities are refused. If all values are zero, the
/// range is `[0, 0]`.
public final class MagnitudeHistogramObserver implements Observer {
    static final String KIND = "magnitude-histogram";

    private final ObserverSpec.Magnitudes settings;
    private ValueRange values = ValueRange.EMPTY;
    private MagnitudeBins bins;
    private BinCounts counts;

    public MagnitudeHistogramObserver(ObserverSpec.Magnitudes settings) {
        this.settings = settings;
        bins = MagnitudeBins.first(settings.bins(), 0);
        counts = BinCounts.zeros(settings.bins());
    }

    MagnitudeHistogramObserver(ObserverState state) {
        this(new ObserverSpec.Magnitudes(MagnitudeSearch.of(state), state.integer("bins", 2, ObserverSpec.MAX_BINS)));
        if (state.numbers().containsKey("min")) {
            values = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(KIND, values.min(), values.max());
            counts = BinCounts.of(state);
            bins =
                    new MagnitudeBins(
                            counts.bins(),
                            (float) state.number("width"),
                            (float) state.number("top"),
                            state.number("grown") != 0);
        }
    }

    @Override
    public void observe(Tensor tensor) {
        Chunk.requireFloat(tensor);
        if (tensor.elementCount() == 0) {
            return;
        }
        ValueRange batch = BinCounter.finiteRange(tensor);
        float largest = batch.largestMagnitude();
        if (isEmpty()) {
            bins = MagnitudeBins.first(settings.bins(), largest);
        } else if (largest > bins.top()) {
            changeBins(bins.grownTo(largest, settings.bins()));
        }
        values = values.union(batch);
        count(tensor);
    }

    private void count(Tensor tensor) {
        Chunk chunk = Chunk.ofThread();
        long end = tensor.elementCount();
        for (long offset = 0; offset < end; offset += Chunk.SIZE) {
            int read = chunk.read(tensor.data(), offset, end);
            for (int i = 0; i < read; i++) {
                counts.counts()[bins.bin(Math.abs(chunk.values[i]))]++;
            }
        }
    }

    private void changeBins(MagnitudeBins to) {
        counts = bins.move(counts, to);
        bins = to;
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        MagnitudeHistogramObserver o = Ranges.requireSame(this, other);
        if (!settings.equals(o.settings)) {
            throw new IllegalArgumentException("observer to merge: expected " + settings + ", found " + o.settings);
        }
        if (o.isEmpty()) {
            return;
        }
        MagnitudeBins common = isEmpty() ? o.bins : bins.common(o.bins);
        changeBins(common);
        counts.add(o.bins.move(o.counts, common));
        values = values.union(o.values);
    }

    @Override
    public boolean isEmpty() {
        return values.isEmpty();
    }

    /// The parameters of `[−m, m]` where `m` is the magnitude that was found; for a scheme that is not symmetric, of
    /// its part in which values were seen.
    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        float largest = settings.search().search(counts, bins, scheme.dtype().bits());
        ValueRange range = values.within(largest, scheme.symmetric());
        return scheme.params(range.min(), range.max(), numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>(settings.search().numbers());
        numbers.put("bins", (double) settings.bins());
        if (isEmpty()) {
            return new ObserverState(KIND, numbers, Map.of());
        }
        numbers.put("min", (double) values.min());
        numbers.put("max", (double) values.max());
        numbers.put("width", (double) bins.width());
        numbers.put("top", (double) bins.top());
        numbers.put("grown", bins.grown() ? 1.0 : 0.0);
        return new ObserverState(KIND, numbers, counts.arrays());
    }
}
