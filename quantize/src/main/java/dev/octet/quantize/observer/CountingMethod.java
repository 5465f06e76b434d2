package dev.octet.quantize.observer;

import java.util.Map;

/// What a [TwoPassHistogramObserver] counts, and the range that it takes from the counts. Values are equal if their
/// settings are.
sealed interface CountingMethod permits OnnxRuntimePercentile, OnnxRuntimeEntropy, NcnnKl {
    /// Its kind of [ObserverState].
    String kind();

    /// Its settings in a state.
    Map<String, Double> numbers();

    /// How many bins there are.
    int bins();

    /// The bins for values of a range.
    EqualBins bins(ValueRange values, float leastMagnitude);

    /// The bin in which a value counts; −1 if it does not.
    int bin(float value, EqualBins bins);

    /// The range to quantize.
    ///
    /// @param values the range of all values
    /// @param symmetric whether the scheme is
    ValueRange search(BinCounts counts, EqualBins bins, ValueRange values, boolean symmetric);

    static int requireBins(int bins) {
        if (bins < 2 || bins > ObserverSpec.MAX_BINS) {
            throw new IllegalArgumentException(
                    "histogram bins: expected 2 to " + ObserverSpec.MAX_BINS + ", found " + bins);
        }
        return bins;
    }
}
