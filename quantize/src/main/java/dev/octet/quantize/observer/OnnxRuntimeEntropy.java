package dev.octet.quantize.observer;

import java.util.LinkedHashMap;
import java.util.Map;

/// ONNX Runtime's `EntropyCalibrater` for one round of collection: of the ranges around zero, the one whose values lose
/// least in relative entropy when they are put into `quantizedBins` levels, never wider than what was seen.
///
/// Of as many bins as levels, the tool's default, only the whole range is a candidate, so that it finds the minimum and
/// the maximum; give more bins for a real choice.
record OnnxRuntimeEntropy(int bins, int quantizedBins) implements CountingMethod {
    static final String KIND = "onnxruntime-entropy";

    /// What a distribution gets where it is zero.
    private static final double SMOOTHING = 1e-4;

    OnnxRuntimeEntropy {
        CountingMethod.requireBins(bins);
        if (quantizedBins < 2 || quantizedBins > bins) {
            throw new IllegalArgumentException(
                    "quantized bins: expected 2 to as many as bins, " + bins + ", found " + quantizedBins);
        }
    }

    static OnnxRuntimeEntropy of(ObserverState state) {
        return new OnnxRuntimeEntropy(
                state.integer("bins", 2, ObserverSpec.MAX_BINS),
                state.integer("quantizedBins", 2, ObserverSpec.MAX_BINS));
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public Map<String, Double> numbers() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("bins", (double) bins);
        numbers.put("quantizedBins", (double) quantizedBins);
        return numbers;
    }

    @Override
    public EqualBins bins(ValueRange values, float leastMagnitude) {
        float largest = values.largestMagnitude();
        return EqualBins.numpy(new ValueRange(-largest, largest), bins);
    }

    @Override
    public int bin(float value, EqualBins equal) {
        return equal.bin(value);
    }

    @Override
    public ValueRange search(BinCounts counts, EqualBins equal, ValueRange values, boolean symmetric) {
        int middle = bins / 2;
        float least = Float.POSITIVE_INFINITY;
        ValueRange best = ValueRange.EMPTY;
        for (int i = quantizedBins / 2; i <= middle; i++) {
            int start = middle - i;
            int end = Math.min(middle + i + 1, bins);
            float divergence = divergence(counts, start, end);
            if (divergence < least || best.isEmpty()) {
                least = divergence;
                best = new ValueRange(equal.edge(start), equal.edge(end));
            }
        }
        return best.intersection(values).withZero();
    }

    private float divergence(BinCounts counts, int start, int end) {
        int size = end - start;
        long[] reference = new long[size];
        System.arraycopy(counts.counts(), start, reference, 0, size);
        reference[0] += counts.sum(0, start);
        reference[size - 1] += counts.sum(end, bins);
        float[] p = smoothed(reference);
        float[] q = smoothed(quantized(counts, start, reference));
        return p.length == 0 || q.length == 0 ? Float.POSITIVE_INFINITY : relativeEntropy(p, q);
    }

    /// The mean count of each level's bins that are not empty, truncated, in all of its bins; the rest behind the last
    /// level counts for it, but gets nothing.
    private long[] quantized(BinCounts counts, int start, long[] reference) {
        int merged = reference.length / quantizedBins;
        long[] quantized = new long[reference.length];
        for (int level = 0; level < quantizedBins; level++) {
            int from = level * merged;
            boolean last = level == quantizedBins - 1;
            long sum = counts.sum(start + from, start + (last ? reference.length : from + merged));
            int occupied = 0;
            for (int i = from; i < from + merged; i++) {
                occupied += reference[i] == 0 ? 0 : 1;
            }
            for (int i = from; occupied > 0 && i < from + merged; i++) {
                quantized[i] = (long) ((double) sum / occupied);
            }
        }
        return quantized;
    }

    /// A distribution in float without zeros; empty if there are only zeros.
    private static float[] smoothed(long[] counts) {
        int zeros = 0;
        for (long count : counts) {
            zeros += count == 0 ? 1 : 0;
        }
        int others = counts.length - zeros;
        if (others == 0) {
            return new float[0];
        }
        double taken = SMOOTHING * zeros / others;
        float[] smoothed = new float[counts.length];
        for (int i = 0; i < counts.length; i++) {
            smoothed[i] = counts[i] + (float) (counts[i] == 0 ? SMOOTHING : -taken);
        }
        return smoothed;
    }

    private static float relativeEntropy(float[] p, float[] q) {
        float sumP = PairwiseSum.of(p);
        float sumQ = PairwiseSum.of(q);
        float[] parts = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            float a = p[i] / sumP;
            float b = q[i] / sumQ;
            parts[i] = a * (float) Math.log(a / b);
        }
        return PairwiseSum.of(parts);
    }
}
