package dev.octet.quant;

import dev.octet.quant.FixedPointMultiplier.RoundingSteps;

/// The logarithm of the softmax of 8-bit integers (TFLite LOG_SOFTMAX): results have scale 16/256 and the type's
/// largest integer as zero point.
///
/// @param softmax with the multiplier to differences from the largest element
/// @param inverse multiplier from such differences back to integers
public record FixedPointLogSoftmax(FixedPointSoftmax softmax, FixedPointMultiplier inverse) implements FixedPointRow {
    private static final int RESULT_BITS = 4;
    private static final int RANGE = 255;

    /// @param scale of the operand
    /// @param min smallest integer of the type of operand and result
    public static FixedPointLogSoftmax of(double scale, int min, RoundingSteps steps) {
        FixedPointSoftmax softmax = FixedPointSoftmax.of(scale, min, steps);
        FixedPointMultiplier multiplier = softmax.multiplier();
        double inverse = Math.scalb(1.0, 31 - multiplier.shift()) / multiplier.multiplier();
        return new FixedPointLogSoftmax(softmax, FixedPointMultiplier.of(inverse, steps));
    }

    @Override
    public void apply(int[] row, int length) {
        int log = FixedPoint.log(softmax.subtractLargest(row, length), FixedPointSoftmax.SUM_BITS);
        // Differences whose result cannot be told from the smallest.
        int smallest = Math.max(softmax.smallestDifference() - 1, inverse.multiply(log + Integer.MIN_VALUE));
        int fraction = 31 - FixedPointSoftmax.DIFFERENCE_BITS - RESULT_BITS;
        int min = softmax.min();
        int max = min + RANGE;
        for (int i = 0; i < length; i++) {
            if (row[i] <= smallest) {
                row[i] = min;
            } else {
                int result = FixedPoint.divideByPowerOfTwo(softmax.multiplier().multiply(row[i]) - log, fraction);
                row[i] = Math.clamp((long) result + max, min, max);
            }
        }
    }
}
