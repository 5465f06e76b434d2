package dev.octet.quantize.observer;

import java.util.Arrays;

/// Counts values in equal bins, as `torch.histc` assigns them: bin `(int) ((x − min)·bins/(max − min))` in float
/// arithmetic, the upper end in the last bin.
final class BinCounter {
    private final int bins;
    private final int[] indices = new int[FloatChunks.CHUNK];
    // Equal neighbours, such as the zeros after a ReLU, would wait for each other in one table.
    private final int[] counts0;
    private final int[] counts1;
    private final int[] counts2;
    private final int[] counts3;
    private float min;
    private float width;

    BinCounter(int bins) {
        this.bins = bins;
        counts0 = new int[bins + 1];
        counts1 = new int[bins + 1];
        counts2 = new int[bins + 1];
        counts3 = new int[bins + 1];
    }

    /// Forgets all counts, and takes the bins of a range that is not empty.
    void start(HistogramRange range) {
        Arrays.fill(counts0, 0);
        Arrays.fill(counts1, 0);
        Arrays.fill(counts2, 0);
        Arrays.fill(counts3, 0);
        // A range without width is widened by one on both sides.
        min = range.isPoint() ? range.min() - 1 : range.min();
        width = (range.isPoint() ? range.max() + 1 : range.max()) - min;
    }

    /// Counts the first `count` values. Those outside of the range go to the bins at its ends.
    void count(float[] values, int count) {
        assign(values, indices, count, min, width, bins);
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            counts0[indices[i]]++;
            counts1[indices[i + 1]]++;
            counts2[indices[i + 2]]++;
            counts3[indices[i + 3]]++;
        }
        for (; i < count; i++) {
            counts0[indices[i]]++;
        }
    }

    private static void assign(float[] values, int[] indices, int count, float min, float width, int bins) {
        float scale = bins;
        for (int i = 0; i < count; i++) {
            indices[i] = Math.max(0, Math.min(bins, (int) ((values[i] - min) * scale / width)));
        }
    }

    /// The bin of one value.
    int bin(float value) {
        return Math.clamp((int) ((value - min) * (float) bins / width), 0, bins - 1);
    }

    /// Adds the counts to a histogram, each sum rounded to float.
    void addTo(float[] histogram) {
        for (int i = 0; i < bins; i++) {
            int count = counts0[i] + counts1[i] + counts2[i] + counts3[i];
            if (i == bins - 1) {
                count += counts0[bins] + counts1[bins] + counts2[bins] + counts3[bins];
            }
            histogram[i] += count;
        }
    }
}
