package dev.octet.graph.op;

/// Functions that [Math] lacks.
final class SpecialFunctions {
    private SpecialFunctions() {}

    /// Error function by its Maclaurin series for small and a continued fraction of erfc for large arguments; the
    /// absolute error is below 1e-15.
    ///
    /// @see "Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.5 and 7.1.14"
    static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (a > 6) {
            return Math.signum(x);
        }
        return Math.copySign(a < 2.5 ? series(a) : 1 - complement(a), x);
    }

    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 100; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private static double complement(double x) {
        double fraction = 0;
        for (int n = 60; n >= 1; n--) {
            fraction = n / 2.0 / (x + fraction);
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
    }
}
