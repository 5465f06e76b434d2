package dev.octet.quantize.observer;

/// The sum of floats in the order in which PyTorch adds them with AVX2, since the rounded result depends on the order:
/// eight lanes, each the sum of four interleaved series that are added block by block.
final class FloatSum {
    private static final int LANES = 8;
    private static final int SERIES = 4;

    private FloatSum() {}

    static float of(float[] values) {
        int vectors = values.length / LANES;
        int steps = vectors / SERIES;
        float[] lanes = new float[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            float sum = series(values, lane, steps);
            for (int v = steps * SERIES; v < vectors; v++) {
                sum += values[v * LANES + lane];
            }
            for (int s = 1; s < SERIES; s++) {
                sum += series(values, lane + s * LANES, steps);
            }
            lanes[lane] = sum;
        }
        float total = 0;
        for (int i = vectors * LANES; i < values.length; i++) {
            total += values[i];
        }
        for (float lane : lanes) {
            total += lane;
        }
        return total;
    }

    /// Sum of `steps` values from `start` on, one in each step of all lanes and series.
    private static float series(float[] values, int start, int steps) {
        float[] levels = new float[4];
        int block = Math.max(4, ceilLog2(steps) / levels.length);
        int blockSize = 1 << block;
        int i = 0;
        while (i + blockSize <= steps) {
            for (int j = 0; j < blockSize; j++, i++) {
                levels[0] += values[start + i * LANES * SERIES];
            }
            for (int level = 1; level < levels.length; level++) {
                levels[level] += levels[level - 1];
                levels[level - 1] = 0;
                if ((i & (long) (blockSize - 1) << (level * block)) != 0) {
                    break;
                }
            }
        }
        for (; i < steps; i++) {
            levels[0] += values[start + i * LANES * SERIES];
        }
        return levels[0] + levels[1] + levels[2] + levels[3];
    }

    private static int ceilLog2(int value) {
        return value <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(value - 1);
    }
}
