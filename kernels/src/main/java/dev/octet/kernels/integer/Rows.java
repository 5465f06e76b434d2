package dev.octet.kernels.integer;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;

/// Working arrays of one thread, kept between tiles, and copies of 8-bit values to and from them.
final class Rows {
    private static final ThreadLocal<Rows> LOCAL = ThreadLocal.withInitial(Rows::new);

    private byte[] bytes = new byte[0];
    private int[] left = new int[0];
    private int[] right = new int[0];
    private int[] sums = new int[0];

    private Rows() {}

    /// Those of the calling thread; whatever their last user left is in them.
    static Rows local() {
        return LOCAL.get();
    }

    int[] left(int length) {
        return left = grown(left, length);
    }

    int[] right(int length) {
        return right = grown(right, length);
    }

    int[] sums(int length) {
        return sums = grown(sums, length);
    }

    private static int[] grown(int[] array, int length) {
        return array.length < length ? new int[length] : array;
    }

    private byte[] bytes(int length) {
        if (bytes.length < length) {
            bytes = new byte[length];
        }
        return bytes;
    }

    /// `to[at + i] = from[start + i] − zeroPoint`.
    void load(MemorySegment from, DType dtype, long start, int count, int zeroPoint, int[] to, int at) {
        byte[] raw = bytes(count);
        MemorySegment.copy(from, JAVA_BYTE, start, raw, 0, count);
        int mask = mask(dtype);
        for (int i = 0; i < count; i++) {
            to[at + i] = (raw[i] & mask) - zeroPoint;
        }
    }

    /// `to[start + i] = from[i]`, of values that fit.
    void store(int[] from, int count, MemorySegment to, long start) {
        byte[] raw = bytes(count);
        for (int i = 0; i < count; i++) {
            raw[i] = (byte) from[i];
        }
        MemorySegment.copy(raw, 0, to, JAVA_BYTE, start, count);
    }

    /// One value.
    static int get(MemorySegment from, DType dtype, long index) {
        return from.get(JAVA_BYTE, index) & mask(dtype);
    }

    static void set(MemorySegment to, long index, int value) {
        to.set(JAVA_BYTE, index, (byte) value);
    }

    /// What of a sign-extended byte is the value.
    private static int mask(DType dtype) {
        return dtype == DType.UINT8 ? 0xFF : -1;
    }
}
