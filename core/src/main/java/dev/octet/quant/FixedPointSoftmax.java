package dev.octet.quant;

import dev.octet.quant.FixedPointMultiplier.RoundingSteps;

/// Softmax of 8-bit integers (TFLite SOFTMAX): results have scale 1/256 and the type's smallest integer as zero point.
///
/// @param multiplier to differences from the largest element with 5 integer bits
/// @param smallestDifference below it `exp` is 0
/// @param min smallest integer of the result's type
public record FixedPointSoftmax(FixedPointMultiplier multiplier, int smallestDifference, int min)
        implements FixedPointRow {
    /// Bits before the point of a difference, and of a sum of exponentials.
    static final int DIFFERENCE_BITS = 5;

    static final int SUM_BITS = 12;

    private static final int LARGEST = 255;

    /// @param scale of the operand
    public static FixedPointSoftmax of(double scale, int min, RoundingSteps steps) {
        double limit = (steps == RoundingSteps.SINGLE ? 1L << 30 : 1L << 31) - 1.0;
        double ratio = Math.min(scale * (1 << (31 - DIFFERENCE_BITS)), limit);
        // The multiplier's own limit is lower by one bit; such scales leave one element only.
        FixedPointMultiplier multiplier = FixedPointMultiplier.of(Math.min(ratio, (1L << 30) - 1.0), steps);
        long largest = ((1L << DIFFERENCE_BITS) - 1) << (31 - DIFFERENCE_BITS);
        return new FixedPointSoftmax(multiplier, (int) -(largest >> multiplier.shift()), min);
    }

    /// Replaces numbers by their differences from the largest, and sums the exponentials of these.
    ///
    /// @return the sum with [#SUM_BITS] integer bits
    int subtractLargest(int[] row, int length) {
        int largest = Integer.MIN_VALUE;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, row[i]);
        }
        int sum = 0;
        for (int i = 0; i < length; i++) {
            row[i] -= largest;
            if (row[i] >= smallestDifference) {
                sum += FixedPoint.divideByPowerOfTwo(exp(row[i]), SUM_BITS);
            }
        }
        return sum;
    }

    @Override
    public void apply(int[] row, int length) {
        int sum = subtractLargest(row, length);
        int headroom = Integer.numberOfLeadingZeros(sum);
        int reciprocal = FixedPoint.oneOverOnePlus((sum << headroom) - (1 << 31));
        int exponent = SUM_BITS - headroom + 31 - Byte.SIZE;
        for (int i = 0; i < length; i++) {
            row[i] = min + (row[i] < smallestDifference ? 0 : quotient(reciprocal, exp(row[i]), exponent));
        }
    }

    private int exp(int difference) {
        return FixedPoint.exp(multiplier.multiply(difference), DIFFERENCE_BITS);
    }

    private static int quotient(int reciprocal, int exp, int exponent) {
        return Math.clamp(
                FixedPoint.divideByPowerOfTwo(FixedPoint.multiplyHigh(reciprocal, exp), exponent), 0, LARGEST);
    }
}
