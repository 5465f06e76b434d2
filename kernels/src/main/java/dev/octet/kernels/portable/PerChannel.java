package dev.octet.kernels.portable;

import java.util.Arrays;

/// Numbers that belong to the channels of a product's result: one for all, one per row, or one per column. Columns are
/// cut into the blocks that the product works on, so that loops over them start at index 0.
sealed interface PerChannel {
    /// Adds to, or multiplies, the first `n` elements of a part of one row.
    void addTo(float[] values, int n, int row, int block);

    void multiply(float[] values, int n, int row, int block);

    /// Multiplies by each number times a factor, that product rounded to float.
    void multiply(float[] values, int n, int row, int block, float factor);

    static PerChannel rows(float[] values) {
        return values.length == 1 ? new One(values[0]) : new Rows(values.clone());
    }

    /// @param width columns of a block
    static PerChannel columns(float[] values, int width) {
        if (values.length == 1) {
            return new One(values[0]);
        }
        int blocks = Math.ceilDiv(values.length, width);
        float[][] cut = new float[blocks][];
        for (int block = 0; block < blocks; block++) {
            cut[block] = Arrays.copyOfRange(values, block * width, Math.min(values.length, (block + 1) * width));
        }
        return new Columns(cut);
    }

    record One(float value) implements PerChannel {
        @Override
        public void addTo(float[] values, int n, int row, int block) {
            add(values, n, value);
        }

        @Override
        public void multiply(float[] values, int n, int row, int block) {
            scale(values, n, value);
        }

        @Override
        public void multiply(float[] values, int n, int row, int block, float factor) {
            scale(values, n, value * factor);
        }
    }

    record Rows(float[] byRow) implements PerChannel {
        @Override
        public void addTo(float[] values, int n, int row, int block) {
            add(values, n, byRow[row]);
        }

        @Override
        public void multiply(float[] values, int n, int row, int block) {
            scale(values, n, byRow[row]);
        }

        @Override
        public void multiply(float[] values, int n, int row, int block, float factor) {
            scale(values, n, byRow[row] * factor);
        }
    }

    record Columns(float[][] byBlock) implements PerChannel {
        @Override
        public void addTo(float[] values, int n, int row, int block) {
            float[] addends = byBlock[block];
            for (int j = 0; j < n; j++) {
                values[j] += addends[j];
            }
        }

        @Override
        public void multiply(float[] values, int n, int row, int block) {
            float[] factors = byBlock[block];
            for (int j = 0; j < n; j++) {
                values[j] *= factors[j];
            }
        }

        @Override
        public void multiply(float[] values, int n, int row, int block, float factor) {
            float[] factors = byBlock[block];
            for (int j = 0; j < n; j++) {
                values[j] *= factors[j] * factor;
            }
        }
    }

    private static void add(float[] values, int n, float addend) {
        for (int j = 0; j < n; j++) {
            values[j] += addend;
        }
    }

    private static void scale(float[] values, int n, float factor) {
        for (int j = 0; j < n; j++) {
            values[j] *= factor;
        }
    }
}
