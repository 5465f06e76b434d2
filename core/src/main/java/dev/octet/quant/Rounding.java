package dev.octet.quant;

/// How a real number becomes an integer.
public enum Rounding {
    /// To the nearest, ties to even (IEEE 754 default; `Math.rint`).
    HALF_EVEN,
    /// To the nearest, ties away from zero (C's `round`).
    HALF_AWAY_FROM_ZERO;

    public double round(double x) {
        return switch (this) {
            case HALF_EVEN -> Math.rint(x);
            // floor(|x| + 0.5) would be wrong just below one half.
            case HALF_AWAY_FROM_ZERO -> Math.copySign(roundMagnitude(Math.abs(x)), x);
        };
    }

    private static double roundMagnitude(double x) {
        double floor = Math.floor(x);
        return x - floor >= 0.5 ? floor + 1 : floor;
    }
}
