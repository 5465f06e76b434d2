package dev.octet.quantize.observer;

import java.util.LinkedHashMap;
import java.util.Map;

/// How many values lie in each of a row of bins. The array belongs to whoever made it.
record BinCounts(long[] counts) {
    /// Counts below it are exact as floats, in which a state saves them.
    private static final long LOW = 1 << 24;

    static BinCounts zeros(int bins) {
        return new BinCounts(new long[bins]);
    }

    int bins() {
        return counts.length;
    }

    long total() {
        long total = 0;
        for (long count : counts) {
            total += count;
        }
        return total;
    }

    /// Sum of the bins in `[from, to)`.
    long sum(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += counts[i];
        }
        return sum;
    }

    /// Adds the counts of as many bins or fewer.
    void add(BinCounts other) {
        for (int i = 0; i < other.counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    /// The first bin at which the cumulative part of all counts reaches `part`, or the number of bins if none does,
    /// accumulated in double as `numpy.searchsorted(numpy.cumsum(counts / total), part)` does.
    int firstReaching(double part) {
        double total = total();
        double sum = 0;
        for (int i = 0; i < counts.length; i++) {
            sum += counts[i] / total;
            if (sum >= part) {
                return i;
            }
        }
        return counts.length;
    }

    /// Arrays for a state: the counts modulo 2²⁴ and, where there are larger ones, the rest.
    Map<String, float[]> arrays() {
        float[] low = new float[counts.length];
        float[] high = new float[counts.length];
        boolean large = false;
        for (int i = 0; i < counts.length; i++) {
            low[i] = counts[i] % LOW;
            high[i] = counts[i] / LOW;
            large |= high[i] > 0;
        }
        Map<String, float[]> arrays = new LinkedHashMap<>();
        arrays.put("counts", low);
        if (large) {
            arrays.put("countsHigh", high);
        }
        return arrays;
    }

    /// The counts that a state holds.
    static BinCounts of(ObserverState state) {
        float[] low = state.array("counts");
        float[] high = state.arrays().containsKey("countsHigh") ? state.array("countsHigh") : new float[low.length];
        if (high.length != low.length) {
            throw new IllegalArgumentException(
                    state.kind() + ": expected " + low.length + " counts, found " + high.length);
        }
        long[] counts = new long[low.length];
        for (int i = 0; i < counts.length; i++) {
            if (low[i] < 0 || high[i] < 0) {
                throw new IllegalArgumentException(state.kind() + ": negative count " + Math.min(low[i], high[i]));
            }
            counts[i] = (long) low[i] + (long) high[i] * LOW;
        }
        return new BinCounts(counts);
    }
}
