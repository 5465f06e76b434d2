package dev.octet.quantize.observer;

import java.util.Map;

/// How the largest magnitude that is kept is chosen from a histogram of magnitudes.
///
/// @param method what is looked for
/// @param percentile part of all values that is kept, in percent; only for [Method#PERCENTILE]
public record MagnitudeSearch(Method method, double percentile) {
    public static final MagnitudeSearch ENTROPY = new MagnitudeSearch(Method.ENTROPY, 0);
    public static final MagnitudeSearch MSE = new MagnitudeSearch(Method.MSE, 0);

    /// pytorch-quantization starts its searches here.
    private static final int FIRST_BIN = 128;

    /// What makes a magnitude the best one.
    public enum Method {
        /// The least relative entropy between the values and what the quantizer's levels keep of them.
        ENTROPY,
        /// The least mean squared error of the bins' middles.
        MSE,
        /// The edge below which the given part of all values lies.
        PERCENTILE
    }

    public MagnitudeSearch {
        if (method == Method.PERCENTILE && !(percentile > 0 && percentile <= 100)) {
            throw new IllegalArgumentException("percentile: expected in (0, 100], found " + percentile);
        }
    }

    static MagnitudeSearch of(ObserverState state) {
        Method method = Method.values()[state.integer("method", 0, Method.values().length - 1)];
        return new MagnitudeSearch(method, method == Method.PERCENTILE ? state.number("percentile") : 0);
    }

    Map<String, Double> numbers() {
        double ordinal = method.ordinal();
        return method == Method.PERCENTILE
                ? Map.of("method", ordinal, "percentile", percentile)
                : Map.of("method", ordinal);
    }

    /// The magnitude to keep.
    ///
    /// @param bits of the signed type that the values are quantized to
    float search(BinCounts counts, MagnitudeBins bins, int bits) {
        return switch (method) {
            case PERCENTILE -> bins.edge(counts.firstReaching(percentile / 100));
            case ENTROPY -> bins.edge(leastEntropy(counts, 1 << (bits - 1)));
            case MSE -> leastSquaredError(counts, bins, (1 << (bits - 1)) - 1);
        };
    }

    /// The last number of bins with the least divergence, or all of them if there are too few to choose from.
    ///
    /// Like the toolkit, which takes a divergence that is no number for the least one, it chooses the last candidate
    /// without any value if there is one: data far from zero are not for this method.
    private static int leastEntropy(BinCounts all, int levels) {
        long[] counts = all.counts().clone();
        if (counts.length > 1) {
            // Zeros say nothing about the scale.
            counts[0] = counts[1];
        }
        EntropyTables tables = EntropyTables.of(counts);
        double least = Double.POSITIVE_INFINITY;
        int best = counts.length;
        for (int kept = FIRST_BIN; kept <= counts.length; kept++) {
            double divergence = tables.divergence(kept, levels);
            if (divergence <= least || Double.isNaN(divergence)) {
                least = Double.isNaN(divergence) ? Double.NEGATIVE_INFINITY : divergence;
                best = kept;
            }
        }
        return best;
    }

    /// The first bin's middle with the least error, all in float as the toolkit computes.
    private static float leastSquaredError(BinCounts counts, MagnitudeBins bins, float largestLevel) {
        float[] centers = new float[bins.count()];
        for (int i = 0; i < centers.length; i++) {
            centers[i] = bins.center(i);
        }
        double least = Double.POSITIVE_INFINITY;
        float best = centers[centers.length - 1];
        for (int kept = Math.min(FIRST_BIN, centers.length - 1); kept < centers.length; kept++) {
            double error = squaredError(centers, counts, centers[kept], largestLevel);
            if (error < least) {
                least = error;
                best = centers[kept];
            }
        }
        return best;
    }

    private static double squaredError(float[] centers, BinCounts counts, float largest, float largestLevel) {
        float scale = largest <= 0x1p-24f ? 0 : largestLevel / largest;
        double error = 0;
        for (int i = 0; i < centers.length; i++) {
            float level = Math.min((float) Math.rint(centers[i] * scale), largestLevel);
            float difference = level / (scale == 0 ? 1 : scale) - centers[i];
            error += difference * difference * counts.counts()[i];
        }
        return error;
    }
}
