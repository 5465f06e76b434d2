package dev.octet.quantize.observer;

import java.util.LinkedHashMap;
import java.util.Map;

/// ONNX Runtime's `PercentileCalibrater` for one round of collection: the range that keeps `percentile` percent of the
/// values, never wider than what was seen.
///
/// @param magnitudes whether magnitudes are counted (`CalibTensorRangeSymmetric`, the default of the tool); else one
///   half of what is cut off is cut off at each end
record OnnxRuntimePercentile(int bins, double percentile, boolean magnitudes) implements CountingMethod {
    static final String KIND = "onnxruntime-percentile";

    OnnxRuntimePercentile {
        CountingMethod.requireBins(bins);
        if (!(percentile > 0 && percentile <= 100)) {
            throw new IllegalArgumentException("percentile: expected in (0, 100], found " + percentile);
        }
    }

    static OnnxRuntimePercentile of(ObserverState state) {
        return new OnnxRuntimePercentile(
                state.integer("bins", 2, ObserverSpec.MAX_BINS),
                state.number("percentile"),
                state.number("magnitudes") != 0);
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public Map<String, Double> numbers() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("bins", (double) bins);
        numbers.put("percentile", percentile);
        numbers.put("magnitudes", magnitudes ? 1.0 : 0.0);
        return numbers;
    }

    @Override
    public EqualBins bins(ValueRange values, float leastMagnitude) {
        float largest = values.largestMagnitude();
        return EqualBins.numpy(new ValueRange(magnitudes ? leastMagnitude : -largest, largest), bins);
    }

    @Override
    public int bin(float value, EqualBins equal) {
        return equal.bin(magnitudes ? Math.abs(value) : value);
    }

    @Override
    public ValueRange search(BinCounts counts, EqualBins equal, ValueRange values, boolean symmetric) {
        if (magnitudes) {
            float largest = equal.edge(counts.firstReaching(percentile / 100));
            return new ValueRange(-largest, largest).intersection(values).withZero();
        }
        double cut = (100 - percentile) / 200;
        float low = equal.edge(counts.firstReaching(cut));
        float high = equal.edge(counts.firstReaching(1 - cut));
        return new ValueRange(low, high).intersection(values).withZero();
    }
}
