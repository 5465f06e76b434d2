package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Extremes of values and their counts in equal bins, see [dev.octet.kernels.CountBins].
record CountBinsKernel(int bins) implements Kernel {
    private static final ThreadLocal<Tables> TABLES = ThreadLocal.withInitial(() -> new Tables(0));
    private static final int POSITIVE_INFINITY_KEY = key(Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
    private static final int NEGATIVE_INFINITY_KEY = key(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));

    /// What a thread counts in, and the chunk of values that it reads: small enough for the first-level cache.
    private static final class Tables {
        static final int CHUNK = 2048;

        /// Tables that take turns: equal neighbours, such as the zeros behind a ReLU, would wait for each other in one.
        static final int COUNT = 4;

        final float[] values = new float[CHUNK];
        final int[] bits = new int[CHUNK];
        final int[] indices = new int[CHUNK];
        final int[][] counts;

        /// The upper end of the range has an index of its own, and so have values in no bin.
        Tables(int bins) {
            counts = new int[COUNT][bins + 2];
        }

        static Tables local(int bins) {
            Tables tables = TABLES.get();
            if (tables.counts[0].length != bins + 2) {
                tables = new Tables(bins);
                TABLES.set(tables);
            }
            return tables;
        }
    }

    @Override
    public int tiles() {
        return 1;
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        Tables tables = Tables.local(bins);
        for (int[] table : tables.counts) {
            Arrays.fill(table, 0);
        }
        float lower = inputs[1].get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
        float width = inputs[1].get(ValueLayout.JAVA_FLOAT_UNALIGNED, Float.BYTES);
        long elements = inputs[0].byteSize() / Float.BYTES;
        long extremes = keys(Integer.MAX_VALUE, Integer.MIN_VALUE);
        for (long offset = 0; offset < elements; offset += Tables.CHUNK) {
            int count = (int) Math.min(Tables.CHUNK, elements - offset);
            MemorySegment.copy(inputs[0], ValueLayout.JAVA_INT_UNALIGNED, offset * Float.BYTES, tables.bits, 0, count);
            extremes = extend(extremes, tables.bits, count);
            if (bins > 0) {
                MemorySegment.copy(
                        inputs[0], ValueLayout.JAVA_FLOAT_UNALIGNED, offset * Float.BYTES, tables.values, 0, count);
                assign(tables.values, tables.indices, count, lower, width);
                increment(tables, count);
            }
        }
        if (bins > 0) {
            store(tables.counts, outputs[0]);
        }
        storeExtremes((int) (extremes >> 32), (int) extremes, outputs[1]);
    }

    /// The compiler vectorizes reductions of integers, but not of floats.
    private static long extend(long extremes, int[] bits, int count) {
        int lowest = (int) (extremes >> 32);
        int highest = (int) extremes;
        for (int i = 0; i < count; i++) {
            int key = key(bits[i]);
            lowest = Math.min(lowest, key);
            highest = Math.max(highest, key);
        }
        return keys(lowest, highest);
    }

    private static long keys(int lowest, int highest) {
        return (long) lowest << 32 | highest & 0xFFFF_FFFFL;
    }

    /// Maps the bits of a float to an integer in the order of the floats, and back; NaN lies beyond the infinities.
    private static int key(int bits) {
        return bits ^ ((bits >> 31) >>> 1);
    }

    private void assign(float[] values, int[] indices, int count, float lower, float width) {
        float scale = bins;
        int none = bins + 1;
        for (int i = 0; i < count; i++) {
            int index = (int) ((values[i] - lower) * scale / width);
            // The lesser without signs, in the form that the compiler vectorizes.
            indices[i] = Math.min(index ^ Integer.MIN_VALUE, none ^ Integer.MIN_VALUE) ^ Integer.MIN_VALUE;
        }
    }

    private static void increment(Tables tables, int count) {
        int quarter = count / Tables.COUNT;
        int[] indices = tables.indices;
        int[] counts0 = tables.counts[0];
        int[] counts1 = tables.counts[1];
        int[] counts2 = tables.counts[2];
        int[] counts3 = tables.counts[3];
        for (int i = 0; i < quarter; i++) {
            counts0[indices[i]]++;
            counts1[indices[i + quarter]]++;
            counts2[indices[i + 2 * quarter]]++;
            counts3[indices[i + 3 * quarter]]++;
        }
        for (int i = Tables.COUNT * quarter; i < count; i++) {
            counts0[indices[i]]++;
        }
    }

    private void store(int[][] counts, MemorySegment to) {
        int[] sums = counts[0];
        for (int t = 1; t < counts.length; t++) {
            int[] table = counts[t];
            for (int i = 0; i <= bins; i++) {
                sums[i] += table[i];
            }
        }
        sums[bins - 1] += sums[bins];
        MemorySegment.copy(sums, 0, to, ValueLayout.JAVA_INT_UNALIGNED, 0, bins);
    }

    private static void storeExtremes(int lowest, int highest, MemorySegment to) {
        boolean finite = lowest > NEGATIVE_INFINITY_KEY && highest < POSITIVE_INFINITY_KEY;
        to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, Float.intBitsToFloat(key(lowest)));
        to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, Float.BYTES, Float.intBitsToFloat(key(highest)));
        to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 2 * Float.BYTES, finite ? 0 : Float.NaN);
    }
}
