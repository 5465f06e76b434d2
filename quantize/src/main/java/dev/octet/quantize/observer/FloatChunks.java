package dev.octet.quantize.observer;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads FLOAT32 tensors piece by piece into a heap array, over which loops vectorize, and finds extremes.
///
/// Minima and maxima are kept lane by lane: the compiler vectorizes element-wise operations, but not reductions.
final class FloatChunks {
    /// Floats in a chunk: this and the two arrays of extremes stay in the first-level cache.
    static final int CHUNK = 2048;

    final float[] values = new float[CHUNK];
    private final float[] lowest = new float[CHUNK];
    private final float[] highest = new float[CHUNK];
    private int lanes;

    static void requireFloat(Tensor tensor) {
        if (tensor.dtype() != DType.FLOAT32) {
            throw new IllegalArgumentException("values to observe: expected FLOAT32, found " + tensor);
        }
    }

    /// Copies up to [#CHUNK] elements from `offset` on to the start of [#values] and returns how many.
    int read(MemorySegment data, long offset, long end) {
        int count = (int) Math.min(CHUNK, end - offset);
        MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, offset * Float.BYTES, values, 0, count);
        return count;
    }

    /// Forgets the extremes.
    void resetRange() {
        lanes = 0;
    }

    /// Takes the first `count` of [#values] into the extremes. A NaN makes both NaN.
    void extendRange(int count) {
        int known = Math.min(lanes, count);
        extend(values, lowest, highest, known);
        if (count > known) {
            System.arraycopy(values, known, lowest, known, count - known);
            System.arraycopy(values, known, highest, known, count - known);
            lanes = count;
        }
    }

    private static void extend(float[] values, float[] lowest, float[] highest, int count) {
        for (int i = 0; i < count; i++) {
            lowest[i] = Math.min(lowest[i], values[i]);
        }
        for (int i = 0; i < count; i++) {
            highest[i] = Math.max(highest[i], values[i]);
        }
    }

    /// Smallest value since the reset; NaN if there was one.
    float min() {
        float min = Float.POSITIVE_INFINITY;
        for (int i = 0; i < lanes; i++) {
            min = Math.min(min, lowest[i]);
        }
        return min;
    }

    /// Largest value since the reset; NaN if there was one.
    float max() {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < lanes; i++) {
            max = Math.max(max, highest[i]);
        }
        return max;
    }

    /// Extends the extremes by elements `[from, to)` of a tensor.
    void extendRange(Tensor tensor, long from, long to) {
        for (long offset = from; offset < to; offset += CHUNK) {
            extendRange(read(tensor.data(), offset, to));
        }
    }

    static void requireNumber(float min) {
        if (Float.isNaN(min)) {
            throw new IllegalArgumentException("values to observe contain NaN");
        }
    }

    static void requireFinite(float min, float max) {
        requireNumber(min);
        if (Float.isInfinite(min) || Float.isInfinite(max)) {
            throw new IllegalArgumentException("values to observe contain an infinity");
        }
    }
}
