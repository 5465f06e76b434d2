package dev.octet.quantize.observer;

import java.util.Arrays;
import java.util.Map;

/// ncnn's `ncnn2table method=kl`: magnitudes that are not zero in 2048 bins, and the threshold whose distribution loses
/// least in relative entropy when 128 levels stand for it. All sums are floats in ncnn's order.
record NcnnKl() implements CountingMethod {
    static final String KIND = "ncnn-kl";
    private static final int BINS = 2048;
    private static final int LEVELS = 128;
    private static final float SMOOTHING = 0.0001f;

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public Map<String, Double> numbers() {
        return Map.of();
    }

    @Override
    public int bins() {
        return BINS;
    }

    @Override
    public EqualBins bins(ValueRange values, float leastMagnitude) {
        return new EqualBins(new ValueRange(0, values.largestMagnitude()), BINS);
    }

    @Override
    public int bin(float value, EqualBins bins) {
        return value == 0 ? -1 : Math.min((int) (Math.abs(value) / bins.range().max() * BINS), BINS - 1);
    }

    @Override
    public ValueRange search(BinCounts counts, EqualBins bins, ValueRange values, boolean symmetric) {
        float largest = (bestThreshold(normalized(counts)) + 0.5f) * bins.range().max() / BINS;
        return values.within(largest, symmetric);
    }

    private static float[] normalized(BinCounts counts) {
        double sum = counts.total();
        float[] normalized = new float[BINS];
        for (int i = 0; i < BINS; i++) {
            normalized[i] = (float) (counts.counts()[i] / sum);
        }
        return normalized;
    }

    /// In bins, at least 128. The last bin is never tried, as in ncnn.
    private static int bestThreshold(float[] histogram) {
        int best = LEVELS;
        float least = Float.MAX_VALUE;
        for (int threshold = LEVELS; threshold < BINS; threshold++) {
            float divergence = divergence(clipped(histogram, threshold), expanded(histogram, threshold));
            if (divergence < least) {
                least = divergence;
                best = threshold;
            }
        }
        return best;
    }

    private static float[] clipped(float[] histogram, int threshold) {
        float[] clipped = new float[threshold];
        for (int i = 0; i < threshold; i++) {
            clipped[i] = SMOOTHING + histogram[i];
        }
        for (int i = threshold; i < BINS; i++) {
            clipped[threshold - 1] += histogram[i];
        }
        return clipped;
    }

    /// What is left of the distribution when each level has the mean of the bins that it covers, the outer two in part.
    private static float[] expanded(float[] histogram, int threshold) {
        float perLevel = (float) threshold / LEVELS;
        float[] expanded = new float[threshold];
        Arrays.fill(expanded, SMOOTHING);
        for (int level = 0; level < LEVELS; level++) {
            boolean last = level == LEVELS - 1;
            float start = last ? threshold - perLevel : level * perLevel;
            float end = last ? threshold : (level + 1) * perLevel;
            int left = (int) Math.ceil(start);
            float leftPart = left - start;
            int right = (int) Math.floor(end);
            float rightPart = end - right;
            float mean = 0;
            mean += leftPart > 0 ? leftPart * histogram[left - 1] : 0;
            mean += rightPart > 0 ? rightPart * histogram[right] : 0;
            for (int i = left; i < right; i++) {
                mean += histogram[i];
            }
            mean /= right - left + leftPart + rightPart;
            if (leftPart > 0) {
                expanded[left - 1] += leftPart * mean;
            }
            if (rightPart > 0) {
                expanded[right] += rightPart * mean;
            }
            for (int i = left; i < right; i++) {
                expanded[i] += mean;
            }
        }
        return expanded;
    }

    private static float divergence(float[] p, float[] q) {
        float sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += p[i] * (float) Math.log(p[i] / q[i]);
        }
        return sum;
    }
}
