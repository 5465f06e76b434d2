package dev.octet.quantize.observer;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Memory that a thread reads tensors into, piece by piece: loops over arrays vectorize, loops over segments don't. All
/// observers of a thread share it, so that it stays in the first-level cache.
final class Chunk {
    static final int SIZE = 2048;

    private static final ThreadLocal<Chunk> OF_THREAD = ThreadLocal.withInitial(Chunk::new);

    private static final int POSITIVE_INFINITY_KEY = key(Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
    private static final int NEGATIVE_INFINITY_KEY = key(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));

    final float[] values = new float[SIZE];
    private final int[] bits = new int[SIZE];
    private int lowestKey;
    private int highestKey;

    private Chunk() {}

    static Chunk ofThread() {
        return OF_THREAD.get();
    }

    static void requireFloat(Tensor tensor) {
        if (tensor.dtype() != DType.FLOAT32) {
            throw new IllegalArgumentException("values to observe: expected FLOAT32, found " + tensor);
        }
    }

    /// Copies elements of a tensor from `offset` on to [#values] and returns how many; at most [#SIZE], and none from
    /// `end` on.
    int read(MemorySegment data, long offset, long end) {
        int count = (int) Math.min(SIZE, end - offset);
        MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, offset * Float.BYTES, values, 0, count);
        return count;
    }

    /// Range of elements `[from, to)`, of which there is at least one. Infinities count.
    ///
    /// @throws IllegalArgumentException if one is NaN
    ValueRange range(Tensor tensor, long from, long to) {
        lowestKey = Integer.MAX_VALUE;
        highestKey = Integer.MIN_VALUE;
        for (long offset = from; offset < to; offset += SIZE) {
            int count = (int) Math.min(SIZE, to - offset);
            MemorySegment.copy(tensor.data(), ValueLayout.JAVA_INT_UNALIGNED, offset * Float.BYTES, bits, 0, count);
            extend(count);
        }
        if (lowestKey < NEGATIVE_INFINITY_KEY || highestKey > POSITIVE_INFINITY_KEY) {
            throw new IllegalArgumentException("values to observe contain NaN");
        }
        return new ValueRange(Float.intBitsToFloat(key(lowestKey)), Float.intBitsToFloat(key(highestKey)));
    }

    /// The compiler vectorizes reductions of integers, but not of floats.
    private void extend(int count) {
        int lowest = lowestKey;
        int highest = highestKey;
        for (int i = 0; i < count; i++) {
            int key = key(bits[i]);
            lowest = Math.min(lowest, key);
            highest = Math.max(highest, key);
        }
        lowestKey = lowest;
        highestKey = highest;
    }

    /// Maps the bits of a float to an integer in the order of the floats, and back; NaN lies beyond the infinities.
    private static int key(int bits) {
        return bits ^ ((bits >> 31) >>> 1);
    }
}
