package dev.octet.quantize.observer;

import dev.octet.tensor.Tensor;
import java.util.Arrays;

/// Counts values in equal bins, as `torch.histc` assigns them: bin `(int) ((x − min)·bins/(max − min))` in float
/// arithmetic, the upper end in the last bin.
///
/// One is kept per thread: its tables are cleared for each batch, and stay in the cache.
final class BinCounter {
    /// Tables that take turns: equal neighbours, such as the zeros behind a ReLU, would wait for each other in one.
    private static final int TABLES = 4;

    private static final int QUARTER = Chunk.SIZE / TABLES;
    private static final ThreadLocal<BinCounter> OF_THREAD = ThreadLocal.withInitial(() -> new BinCounter(2048));

    private final Chunk chunk = Chunk.ofThread();
    private final int bins;
    private final int[] counts0;
    private final int[] counts1;
    private final int[] counts2;
    private final int[] counts3;
    private float min;
    private float width;
    private int lowestBin;
    private int highestBin;

    private BinCounter(int bins) {
        this.bins = bins;
        // The upper end of the range has an index of its own.
        counts0 = new int[bins + 1];
        counts1 = new int[bins + 1];
        counts2 = new int[bins + 1];
        counts3 = new int[bins + 1];
    }

    /// The thread's counter, cleared, with the bins of a range that is not empty.
    static BinCounter start(int bins, ValueRange range) {
        BinCounter counter = OF_THREAD.get();
        if (counter.bins != bins) {
            counter = new BinCounter(bins);
            OF_THREAD.set(counter);
        }
        Arrays.fill(counter.counts0, 0);
        Arrays.fill(counter.counts1, 0);
        Arrays.fill(counter.counts2, 0);
        Arrays.fill(counter.counts3, 0);
        // A range without width is widened by one on both sides.
        counter.min = range.isPoint() ? range.min() - 1 : range.min();
        counter.width = (range.isPoint() ? range.max() + 1 : range.max()) - counter.min;
        return counter;
    }

    /// Counts a tensor and says whether all of it lies in the range; if not, the counts mean nothing.
    ///
    /// @param range the one that was given to [#start]; not a point
    boolean countWithin(Tensor tensor, ValueRange range) {
        long end = tensor.elementCount();
        for (long offset = 0; offset < end; offset += Chunk.SIZE) {
            int count = chunk.read(tensor.data(), offset, end);
            assign(chunk.values, chunk.indices, count);
            if (lowestBin < 0 || highestBin > bins) {
                return false;
            }
            // Values a little out of the range, and NaN, have the same indices as its ends.
            boolean unsure = lowestBin == 0 || highestBin == bins;
            if (unsure && !range.contains(chunk.range(tensor, offset, offset + count))) {
                return false;
            }
            increment(chunk.indices, count);
        }
        return true;
    }

    /// Counts a tensor that lies in the range.
    void count(Tensor tensor) {
        long end = tensor.elementCount();
        for (long offset = 0; offset < end; offset += Chunk.SIZE) {
            int count = chunk.read(tensor.data(), offset, end);
            assign(chunk.values, chunk.indices, count);
            // Only numbers near the largest float can leave the bins, where the product overflows.
            for (int i = 0; i < count; i++) {
                chunk.indices[i] = Math.clamp(chunk.indices[i], 0, bins);
            }
            increment(chunk.indices, count);
        }
    }

    private void assign(float[] values, int[] indices, int count) {
        float from = min;
        float over = width;
        float scale = bins;
        int lowest = Integer.MAX_VALUE;
        int highest = Integer.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            int index = (int) ((values[i] - from) * scale / over);
            indices[i] = index;
            lowest = Math.min(lowest, index);
            highest = Math.max(highest, index);
        }
        lowestBin = lowest;
        highestBin = highest;
    }

    private void increment(int[] indices, int count) {
        if (count == Chunk.SIZE) {
            incrementAll(indices, counts0, counts1, counts2, counts3);
        } else {
            for (int i = 0; i < count; i++) {
                counts0[indices[i]]++;
            }
        }
    }

    private static void incrementAll(int[] indices, int[] counts0, int[] counts1, int[] counts2, int[] counts3) {
        for (int i = 0; i < QUARTER; i++) {
            counts0[indices[i]]++;
            counts1[indices[i + QUARTER]]++;
            counts2[indices[i + 2 * QUARTER]]++;
            counts3[indices[i + 3 * QUARTER]]++;
        }
    }

    /// The bin of one value in the range.
    int bin(float value) {
        return Math.clamp((int) ((value - min) * (float) bins / width), 0, bins - 1);
    }

    /// Adds the counts to a histogram, each sum rounded to float.
    void addTo(float[] histogram) {
        int last = bins - 1;
        for (int i = 0; i < last; i++) {
            histogram[i] += counts0[i] + counts1[i] + counts2[i] + counts3[i];
        }
        histogram[last] +=
                counts0[last]
                        + counts1[last]
                        + counts2[last]
                        + counts3[last]
                        + counts0[bins]
                        + counts1[bins]
                        + counts2[bins]
                        + counts3[bins];
    }
}
