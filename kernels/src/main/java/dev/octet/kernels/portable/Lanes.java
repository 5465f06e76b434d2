package dev.octet.kernels.portable;

import dev.octet.graph.op.ReduceFunction;

/// Folds of many float values into few in double: element by element into lanes, and then lanes into one. Their error
/// is that of the final rounding, and their order is fixed, so results are too.
final class Lanes {
    private Lanes() {}

    static double start(ReduceFunction function) {
        return switch (function) {
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
            case PROD -> 1;
            default -> 0;
        };
    }

    /// Folds one value into each lane.
    static void fold(ReduceFunction function, double[] lanes, float[] values, int n) {
        switch (function) {
            case SUM, MEAN, LOG_SUM, LOG_SUM_EXP -> add(lanes, values, n);
            case L1 -> addMagnitudes(lanes, values, n);
            case L2, SUM_SQUARE -> addSquares(lanes, values, n);
            case MAX -> max(lanes, values, n);
            case MIN -> min(lanes, values, n);
            case PROD -> multiply(lanes, values, n);
        }
    }

    /// Folds `n` lanes into one, halves at a time.
    static double across(ReduceFunction function, double[] lanes, int n) {
        for (int rest = n; rest > 1; ) {
            int half = (rest + 1) / 2;
            for (int j = half; j < rest; j++) {
                double a = lanes[j - half];
                double b = lanes[j];
                lanes[j - half] =
                        switch (function) {
                            case MAX -> Math.max(a, b);
                            case MIN -> Math.min(a, b);
                            case PROD -> a * b;
                            default -> a + b;
                        };
            }
            rest = half;
        }
        return n == 0 ? start(function) : lanes[0];
    }

    /// The result for a folded value.
    static float finish(ReduceFunction function, double folded, long length) {
        return (float)
                switch (function) {
                    case MEAN -> folded / length;
                    case L2 -> Math.sqrt(folded);
                    case LOG_SUM, LOG_SUM_EXP -> Math.log(folded);
                    default -> folded;
                };
    }

    private static void add(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            lanes[j] += values[j];
        }
    }

    private static void addMagnitudes(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            lanes[j] += Math.abs(values[j]);
        }
    }

    private static void addSquares(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            double x = values[j];
            lanes[j] += x * x;
        }
    }

    private static void max(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            lanes[j] = Math.max(lanes[j], values[j]);
        }
    }

    private static void min(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            lanes[j] = Math.min(lanes[j], values[j]);
        }
    }

    private static void multiply(double[] lanes, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            lanes[j] *= values[j];
        }
    }
}
