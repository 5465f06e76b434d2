package dev.octet.kernels.x64;

/// Winograd's way to convolve with a window of 3×3: patches of 6×6 and windows are transformed, multiplied element by
/// element, and transformed back to 4×4 results. 36 multiplications take the place of 144; interpolation is at 0, 1,
/// −1, 2, −2 and infinity.
///
/// @see "Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, section 4.3"
final class Winograd {
    /// Extent of a patch of the input, and of what it is transformed to.
    static final int PATCH = 6;

    /// Extent of a tile of the output.
    static final int TILE = 4;

    static final int WINDOW = 3;

    /// Elements of a transformed patch: products beside each other.
    static final int PRODUCTS = PATCH * PATCH;

    private static final double[][] WEIGHTS = {
        {1.0 / 4, 0, 0},
        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
        {1.0 / 24, 1.0 / 12, 1.0 / 6},
        {1.0 / 24, -1.0 / 12, 1.0 / 6},
        {0, 0, 1}
    };

    /// The same weights times [#SCALES] of each row.
    private static final int[][] WHOLE_WEIGHTS = {
        {1, 0, 0}, {-1, -1, -1}, {-1, 1, -1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 1}
    };

    /// What makes each row of the weights' transformation whole numbers.
    static final int[] SCALES = {4, 6, 6, 24, 24, 1};

    private Winograd() {}

    /// Transforms the windows `[output channel][input channel][3][3]` to `[product][input channel][output channel]`.
    static float[] weights(float[] weights, int outChannels, int inChannels) {
        float[] transformed = new float[PRODUCTS * inChannels * outChannels];
        double[] halfway = new double[PATCH * WINDOW];
        for (int n = 0; n < outChannels; n++) {
            for (int c = 0; c < inChannels; c++) {
                int window = (n * inChannels + c) * WINDOW * WINDOW;
                for (int i = 0; i < PATCH; i++) {
                    for (int x = 0; x < WINDOW; x++) {
                        double sum = 0;
                        for (int y = 0; y < WINDOW; y++) {
                            sum += WEIGHTS[i][y] * weights[window + y * WINDOW + x];
                        }
                        halfway[i * WINDOW + x] = sum;
                    }
                }
                for (int product = 0; product < PRODUCTS; product++) {
                    double sum = 0;
                    for (int x = 0; x < WINDOW; x++) {
                        sum += WEIGHTS[product % PATCH][x] * halfway[product / PATCH * WINDOW + x];
                    }
                    transformed[(product * inChannels + c) * outChannels + n] = (float) sum;
                }
            }
        }
        return transformed;
    }

    /// Transforms the windows `[output channel][input channel][3][3]` of whole numbers to `[product][output
    /// channel][input channel]`, each times the [#SCALES] of its row and its column: at most 49 times as large, so that
    /// those of 9 bits fit in 16.
    static short[] wholeWeights(int[] weights, int outChannels, int inChannels) {
        short[] transformed = new short[PRODUCTS * outChannels * inChannels];
        int windows = outChannels * inChannels;
        for (int window = 0; window < windows; window++) {
            for (int product = 0; product < PRODUCTS; product++) {
                int sum = 0;
                for (int cell = 0; cell < WINDOW * WINDOW; cell++) {
                    int factor =
                            WHOLE_WEIGHTS[product / PATCH][cell / WINDOW]
                                    * WHOLE_WEIGHTS[product % PATCH][cell % WINDOW];
                    sum += factor * weights[window * WINDOW * WINDOW + cell];
                }
                transformed[product * windows + window] = (short) sum;
            }
        }
        return transformed;
    }
}
