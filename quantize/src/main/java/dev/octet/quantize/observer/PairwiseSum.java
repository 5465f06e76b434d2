package dev.octet.quantize.observer;

/// The sum of floats in the order in which numpy adds them, since the rounded result depends on the order: halves of at
/// most 128, each in eight interleaved series.
final class PairwiseSum {
    private static final int BLOCK = 128;
    private static final int SERIES = 8;

    private PairwiseSum() {}

    static float of(float[] values) {
        return of(values, 0, values.length);
    }

    private static float of(float[] values, int start, int count) {
        if (count < SERIES) {
            float sum = 0;
            for (int i = 0; i < count; i++) {
                sum += values[start + i];
            }
            return sum;
        }
        if (count > BLOCK) {
            int half = count / 2;
            half -= half % SERIES;
            return of(values, start, half) + of(values, start + half, count - half);
        }
        float[] s = new float[SERIES];
        int whole = count - count % SERIES;
        for (int i = 0; i < whole; i++) {
            s[i % SERIES] += values[start + i];
        }
        float sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
        for (int i = whole; i < count; i++) {
            sum += values[start + i];
        }
        return sum;
    }
}
