package dev.octet.quant;

import dev.octet.quant.FixedPointMultiplier.RoundingSteps;

/// The sum or difference of two 8-bit integers with scales of their own (TFLite ADD, SUB): both are brought to half of
/// the larger scale with 20 bits of fraction, added, and brought to the scale of the result.
///
/// @param left multiplier of `a`
/// @param right multiplier of `b`
/// @param output multiplier of their sum
/// @param difference whether `b` is subtracted
/// @param min smallest result; with `max` what an activation leaves
public record FixedPointSum(
        int leftZeroPoint,
        FixedPointMultiplier left,
        int rightZeroPoint,
        FixedPointMultiplier right,
        FixedPointMultiplier output,
        int zeroPoint,
        int min,
        int max,
        boolean difference)
        implements FixedPointBinary {
    private static final int FRACTION = 20;

    /// The multipliers of three scales.
    public static FixedPointSum of(
            double leftScale,
            int leftZeroPoint,
            double rightScale,
            int rightZeroPoint,
            double scale,
            int zeroPoint,
            int min,
            int max,
            RoundingSteps steps) {
        double common = 2 * Math.max(leftScale, rightScale);
        return new FixedPointSum(
                leftZeroPoint,
                FixedPointMultiplier.of(leftScale / common, steps),
                rightZeroPoint,
                FixedPointMultiplier.of(rightScale / common, steps),
                FixedPointMultiplier.of(common / ((1 << FRACTION) * scale), steps),
                zeroPoint,
                min,
                max,
                false);
    }

    /// The same numbers, but `a − b`.
    public FixedPointSum subtracting() {
        return new FixedPointSum(leftZeroPoint, left, rightZeroPoint, right, output, zeroPoint, min, max, true);
    }

    @Override
    public int apply(int a, int b) {
        int x = left.multiply((a - leftZeroPoint) << FRACTION);
        int y = right.multiply((b - rightZeroPoint) << FRACTION);
        return output.requantize(difference ? x - y : x + y, zeroPoint, min, max);
    }
}
