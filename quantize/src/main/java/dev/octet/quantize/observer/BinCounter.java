package dev.octet.quantize.observer;

import dev.octet.engine.Kernels;
import dev.octet.kernels.CountBins;
import dev.octet.kernels.Kernel;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Finds the extremes of values and counts them in equal bins, as `torch.histc` assigns them: bin `(int) ((x −
/// min)·bins/(max − min))` in float arithmetic, the upper end in the last bin.
///
/// One is kept per thread and number of bins: its memory stays in the cache.
final class BinCounter {
    private static final ThreadLocal<Map<Integer, BinCounter>> OF_THREAD = ThreadLocal.withInitial(HashMap::new);

    private final int bins;
    private final Kernel kernel;
    private final int[] counts;
    private final MemorySegment range = floats(2);
    private final MemorySegment found = floats(3);
    private final MemorySegment[] inputs = {MemorySegment.NULL, range};
    private final MemorySegment[] outputs;

    private BinCounter(int bins) {
        this.bins = bins;
        kernel = Kernels.compile(new CountBins(bins));
        counts = new int[bins];
        outputs = new MemorySegment[] {Tensor.allocate(DType.INT32, Shape.of(bins)).data(), found};
    }

    private static MemorySegment floats(int count) {
        return Tensor.allocate(DType.FLOAT32, Shape.of(count)).data();
    }

    /// That of the calling thread.
    static BinCounter ofThread(int bins) {
        return OF_THREAD.get().computeIfAbsent(bins, BinCounter::new);
    }

    /// Range of the elements of a tensor, of which there is at least one. Infinities count.
    ///
    /// @throws IllegalArgumentException if one is NaN
    static ValueRange range(Tensor values) {
        BinCounter counter = ofThread(0);
        counter.run(values, 0, 1);
        return counter.allFinite() ? counter.extremes() : Chunk.ofThread().range(values, 0, values.elementCount());
    }

    /// Range of all elements, which have to be finite.
    ///
    /// @throws IllegalArgumentException if one is not
    static ValueRange finiteRange(Tensor values) {
        ValueRange range = range(values);
        if (range.isInfinite()) {
            throw new IllegalArgumentException("values to observe contain an infinity");
        }
        return range;
    }

    /// Counts the values in the bins of a range that is not empty. What lies outside counts nowhere.
    ///
    /// @param values at least one
    void count(Tensor values, ValueRange binned) {
        float min = min(binned);
        float width = width(binned);
        if (Float.isFinite(width * bins)) {
            run(values, min, width);
            MemorySegment.copy(outputs[0], ValueLayout.JAVA_INT_UNALIGNED, 0, counts, 0, bins);
            return;
        }
        // Only numbers near the largest float can leave the bins, where the product overflows.
        run(values, 0, 1);
        Arrays.fill(counts, 0);
        for (long i = 0; i < values.elementCount(); i++) {
            counts[bin(values.getFloat(i), binned)]++;
        }
    }

    private void run(Tensor values, float min, float width) {
        range.setAtIndex(ValueLayout.JAVA_FLOAT, 0, min);
        range.setAtIndex(ValueLayout.JAVA_FLOAT, 1, width);
        inputs[0] = values.data();
        kernel.runAll(inputs, outputs);
        inputs[0] = MemorySegment.NULL;
    }

    /// A range without width is widened by one on both sides.
    private static float min(ValueRange range) {
        return range.isPoint() ? range.min() - 1 : range.min();
    }

    private static float width(ValueRange range) {
        return (range.isPoint() ? range.max() + 1 : range.max()) - min(range);
    }

    /// Whether all values counted last were finite.
    boolean allFinite() {
        return found.getAtIndex(ValueLayout.JAVA_FLOAT, 2) == 0;
    }

    /// The least and the greatest of the values counted last, if all were finite.
    ValueRange extremes() {
        // No negative zero, which equals the positive one but is written otherwise.
        return new ValueRange(
                found.getAtIndex(ValueLayout.JAVA_FLOAT, 0) + 0f, found.getAtIndex(ValueLayout.JAVA_FLOAT, 1) + 0f);
    }

    /// The bin of one value in a range.
    int bin(float value, ValueRange binned) {
        return Math.clamp((int) ((value - min(binned)) * (float) bins / width(binned)), 0, bins - 1);
    }

    /// Adds the counts to a histogram, each sum rounded to float.
    void addTo(float[] histogram) {
        for (int i = 0; i < bins; i++) {
            histogram[i] += counts[i];
        }
    }
}
