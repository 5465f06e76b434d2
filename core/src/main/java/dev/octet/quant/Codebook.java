package dev.octet.quant;

import java.util.Arrays;

/// The real numbers that the codes of a weight stand for, before the scale of its block: any set, ascending.
///
/// @param levels ascending; a power of two of them, up to 256
public record Codebook(float[] levels) {
    private static final int MAX_STEPS = 100;

    /// Levels of equal probability of a normal distribution, zero among them (QLoRA, arXiv 2305.14314; bitsandbytes).
    public static final Codebook NF4 =
            new Codebook(
                    new float[] {
                        -1f,
                        -0.6961928009986877f,
                        -0.5250730514526367f,
                        -0.39491748809814453f,
                        -0.28444138169288635f,
                        -0.18477343022823334f,
                        -0.09105003625154495f,
                        0f,
                        0.07958029955625534f,
                        0.16093020141124725f,
                        0.24611230194568634f,
                        0.33791524171829224f,
                        0.44070982933044434f,
                        0.5626170039176941f,
                        0.7229568362236023f,
                        1f
                    });

    /// Zero twice and `±2⁰` to `±2⁻⁶`: products are shifts (arXiv 1702.03044).
    public static final Codebook POWERS_OF_TWO = new Codebook(powers());

    /// Two bits around zero: −1, −1/2, 0, 1/2.
    public static final Codebook TWO_BITS = new Codebook(new float[] {-1, -0.5f, 0, 0.5f});

    public Codebook {
        int count = levels.length;
        if (count < 2 || count > 256 || Integer.bitCount(count) != 1) {
            throw new IllegalArgumentException(
                    "levels of a codebook: expected a power of two up to 256, found " + count);
        }
        for (int i = 1; i < count; i++) {
            if (!(levels[i - 1] <= levels[i])) {
                throw new IllegalArgumentException("levels of a codebook: expected ascending numbers");
            }
        }
    }

    private static float[] powers() {
        float[] levels = new float[16];
        for (int i = 0; i < 7; i++) {
            levels[i] = -Math.scalb(1f, -i);
            levels[15 - i] = Math.scalb(1f, -i);
        }
        return levels;
    }

    /// Bits of a code.
    public int bits() {
        return Integer.numberOfTrailingZeros(levels.length);
    }

    /// Index of the level nearest to a number; the lower one where two are as near.
    public int nearest(float x) {
        int low = 0;
        int high = levels.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            // bitsandbytes compares with the middle of neighbours, rounded to float.
            if (x > (levels[middle] + levels[middle + 1]) / 2) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// The levels that are nearest to given numbers: k-means from levels at equal distances (Deep Compression, arXiv
    /// 1510.00149), until nothing moves. A level to which no number is nearest stays where it is.
    ///
    /// @param bits of a code: 1 to 8
    public static Codebook fit(float[] numbers, int bits) {
        float[] sorted = numbers.clone();
        Arrays.sort(sorted);
        double[] sums = new double[sorted.length + 1];
        for (int i = 0; i < sorted.length; i++) {
            sums[i + 1] = sums[i] + sorted[i];
        }
        int count = 1 << bits;
        float[] levels = new float[count];
        float first = sorted.length == 0 ? 0 : sorted[0];
        float last = sorted.length == 0 ? 0 : sorted[sorted.length - 1];
        for (int i = 0; i < count; i++) {
            levels[i] = first + (last - first) * i / (count - 1);
        }
        for (int step = 0; step < MAX_STEPS && move(levels, sorted, sums); step++) {}
        return new Codebook(levels);
    }

    /// One step of Lloyd's iteration.
    private static boolean move(float[] levels, float[] sorted, double[] sums) {
        boolean moved = false;
        float[] before = levels.clone();
        int start = 0;
        for (int i = 0; i < levels.length; i++) {
            int end = i + 1 == levels.length ? sorted.length : upTo(sorted, (before[i] + before[i + 1]) / 2);
            if (end > start) {
                levels[i] = (float) ((sums[end] - sums[start]) / (end - start));
                moved |= levels[i] != before[i];
            }
            start = Math.max(start, end);
        }
        return moved;
    }

    /// How many numbers are at most `bound`.
    private static int upTo(float[] sorted, float bound) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] <= bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Codebook book && Arrays.equals(levels, book.levels);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(levels);
    }
}
