package dev.octet.quant;

/// A positive ratio as `multiplier·2^(shift − 31)` in integers only, as gemmlowp and TFLite compute (arXiv 1712.05877,
/// section 2.2).
///
/// @param multiplier in `[2³⁰, 2³¹)` where it is the nearest to a ratio; smaller ones lose bits
/// @param shift power of two, in `[−31, 30]`: positive to the left
/// @param steps how often a product is rounded
public record FixedPointMultiplier(int multiplier, int shift, RoundingSteps steps) implements Multiplier {
    /// TFLite's kernels differ here, so results of one model differ by one step between them.
    public enum RoundingSteps {
        /// Once, ties up: TFLite's reference kernels.
        SINGLE,
        /// After the multiplication and after the shift: gemmlowp, TFLite's optimized kernels.
        DOUBLE
    }

    public FixedPointMultiplier {
        if (multiplier < 0) {
            throw new IllegalArgumentException("multiplier: expected [0, 2^31), found " + multiplier);
        }
        if (shift < -31 || shift > 30) {
            throw new IllegalArgumentException("shift: expected [-31, 30], found " + shift);
        }
    }

    /// The nearest representable ratio (TFLite `QuantizeMultiplier`); 0 below `2⁻³²`.
    ///
    /// @throws IllegalArgumentException if it is negative, not finite, or at least `2³⁰`
    public static FixedPointMultiplier of(double ratio, RoundingSteps steps) {
        if (!(ratio >= 0) || ratio >= 1L << 30) {
            throw new IllegalArgumentException("ratio of scales: expected [0, 2^30), found " + ratio);
        }
        if (ratio == 0) {
            return new FixedPointMultiplier(0, 0, steps);
        }
        int shift = Math.getExponent(ratio) + 1;
        long fixed = Math.round(Math.scalb(ratio, 31 - shift));
        if (fixed == 1L << 31) {
            fixed /= 2;
            shift++;
        }
        return shift < -31
                ? new FixedPointMultiplier(0, 0, steps)
                : new FixedPointMultiplier((int) fixed, shift, steps);
    }

    @Override
    public int multiply(int accumulator) {
        if (steps == RoundingSteps.SINGLE) {
            int right = 31 - shift;
            long product = (accumulator * (long) multiplier + (1L << (right - 1))) >> right;
            return Math.clamp(product, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        // TFLite shifts in 32 bits: sums so large that this overflows do not occur with positive shifts.
        int shifted = accumulator << Math.max(shift, 0);
        return FixedPoint.divideByPowerOfTwo(FixedPoint.multiplyHigh(shifted, multiplier), Math.max(-shift, 0));
    }

    /// Stated again, so that what computes in integers only can be seen to reach no [FloatMultiplier].
    @Override
    public int requantize(int accumulator, int zeroPoint, int quantMin, int quantMax) {
        return Math.clamp((long) multiply(accumulator) + zeroPoint, quantMin, quantMax);
    }
}
