package dev.octet.quant;

import dev.octet.quant.FixedPointMultiplier.RoundingSteps;

/// The mean of 8-bit integers from their sum (TFLite MEAN): the division is part of the multiplier.
///
/// @param count how many numbers are summed
/// @param multiplier of `inputScale/(outputScale·count)`
/// @param min smallest result
public record FixedPointMean(
        int count, int inputZeroPoint, FixedPointMultiplier multiplier, int zeroPoint, int min, int max) {
    /// @param ratio `inputScale/outputScale`
    public static FixedPointMean of(
            double ratio, int count, int inputZeroPoint, int zeroPoint, int min, int max, RoundingSteps steps) {
        FixedPointMultiplier whole = FixedPointMultiplier.of(ratio, steps);
        // As many bits as the count has are won before the division and given back by the shift.
        int bits = Math.min(31 - Integer.numberOfLeadingZeros(count), 31 + whole.shift());
        int divided = (int) (((long) whole.multiplier() << bits) / count);
        FixedPointMultiplier multiplier = new FixedPointMultiplier(divided, whole.shift() - bits, steps);
        return new FixedPointMean(count, inputZeroPoint, multiplier, zeroPoint, min, max);
    }

    /// The integer of the mean.
    ///
    /// @param sum of the integers, their zero point included
    public int apply(int sum) {
        return multiplier.requantize(sum - inputZeroPoint * count, zeroPoint, min, max);
    }
}
