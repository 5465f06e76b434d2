package dev.octet.quant;

/// Functions of fixed-point numbers in integers only, as gemmlowp defines them (`fixedpoint.h`).
///
/// A number with `i` integer bits is the INT32 `raw` that stands for `raw·2^(i − 31)`: with none it lies in `[−1, 1)`.
public final class FixedPoint {
    /// The largest number without integer bits, which stands for 1.
    private static final int ONE = Integer.MAX_VALUE;

    /// 1 with two integer bits.
    private static final int ONE_OF_TWO_BITS = 1 << 29;

    private static final int EXP_MINUS_EIGHTH = 1_895_147_668;
    private static final int THIRD = 715_827_883;

    /// `exp(−2^e)` for `e` of −2 to 4, without integer bits.
    private static final int[] EXP_OF_POWERS = {
        1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242
    };

    /// `48/17` and `−32/17` with two integer bits: where Newton's division starts.
    private static final int DIVISION_START = 1_515_870_810;

    private static final int DIVISION_SLOPE = -1_010_580_540;

    /// `ln 2`, `√½` and `∜½` without integer bits.
    private static final int LN_2 = 1_488_522_236;

    private static final int ROOT_OF_HALF = 1_518_500_250;
    private static final int FOURTH_ROOT_OF_HALF = 1_805_811_301;

    /// Coefficients of the quotient that [#log] takes for the logarithm around `∜½`, without integer bits.
    private static final int LOG_NUMERATOR_3 = 117_049_297;

    private static final int LOG_DENOMINATOR_0 = 1_057_819_769;
    private static final int LOG_DENOMINATOR_1 = 638_450_708;
    private static final int LOG_DENOMINATOR_2 = 127_690_142;

    /// Integer bits of a logarithm.
    private static final int LOG_BITS = 5;

    private FixedPoint() {}

    /// The high half of `2·a·b`, rounded: ties up, only `−2³¹·−2³¹` saturates (`SaturatingRoundingDoublingHighMul`).
    public static int multiplyHigh(int a, int b) {
        if (a == Integer.MIN_VALUE && b == Integer.MIN_VALUE) {
            return Integer.MAX_VALUE;
        }
        long product = a * (long) b;
        long nudge = product >= 0 ? 1L << 30 : 1 - (1L << 30);
        return (int) ((product + nudge) / (1L << 31));
    }

    /// The same of 16-bit numbers.
    public static short multiplyHigh(short a, short b) {
        if (a == Short.MIN_VALUE && b == Short.MIN_VALUE) {
            return Short.MAX_VALUE;
        }
        int product = a * b;
        int nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
        return (short) ((product + nudge) / (1 << 15));
    }

    /// `x / 2^exponent` to the nearest, ties away from zero (`RoundingDivideByPOT`).
    ///
    /// @param exponent in `[0, 31]`
    public static int divideByPowerOfTwo(int x, int exponent) {
        int mask = (int) ((1L << exponent) - 1);
        int remainder = x & mask;
        int threshold = (mask >> 1) + (x < 0 ? 1 : 0);
        return (x >> exponent) + (remainder > threshold ? 1 : 0);
    }

    /// `sum / count` to the nearest, ties away from zero; 0 of nothing.
    public static int mean(int sum, int count) {
        if (count == 0) {
            return 0;
        }
        return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    }

    /// `x·2^exponent`, saturated.
    private static int shiftLeft(int x, int exponent) {
        int threshold = (1 << (31 - exponent)) - 1;
        if (x > threshold) {
            return Integer.MAX_VALUE;
        }
        return x < -threshold ? Integer.MIN_VALUE : x << exponent;
    }

    /// `exp(a)` without integer bits.
    ///
    /// @param a at most 0
    /// @param integerBits of `a`: 1 to 5
    public static int exp(int a, int integerBits) {
        if (a == 0) {
            return ONE;
        }
        int fraction = 31 - integerBits;
        int quarter = 1 << (fraction - 2);
        int last = (a & (quarter - 1)) - quarter;
        int result = expOfLastQuarter(shiftLeft(last, integerBits));
        int rest = last - a;
        for (int power = -2; power < integerBits; power++) {
            if ((rest & (1 << (fraction + power))) != 0) {
                result = multiplyHigh(result, EXP_OF_POWERS[power + 2]);
            }
        }
        return result;
    }

    /// Taylor's series around −1/8, for numbers in `[−1/4, 0)`.
    private static int expOfLastQuarter(int a) {
        int x = a + (1 << 28);
        int x2 = multiplyHigh(x, x);
        int x3 = multiplyHigh(x2, x);
        int x4 = multiplyHigh(x2, x2);
        int third = multiplyHigh(divideByPowerOfTwo(x4, 2) + x3, THIRD);
        return EXP_MINUS_EIGHTH + multiplyHigh(EXP_MINUS_EIGHTH, x + divideByPowerOfTwo(third + x2, 1));
    }

    /// The natural logarithm with five integer bits (TFLite `log_x_for_x_greater_than_or_equal_to_1`): of the two ways
    /// to write `x` as a power of two times a number around `∜½`, the one with the larger power.
    ///
    /// @param x at least 1
    /// @param integerBits of `x`: at most 16
    public static int log(int x, int integerBits) {
        // One bit more than the result has, so that the power times ln 2 fits.
        int fraction = 31 - (LOG_BITS + 1);
        int quarter = 1 << (fraction - 2);
        int headroom = Integer.numberOfLeadingZeros(x);
        int whole = shiftLeft(multiplyHigh(shiftLeft(x, headroom - 1), ROOT_OF_HALF), 1);
        int wholePower = shiftLeft(integerBits - headroom, fraction) + quarter;
        int halfHeadroom = Integer.numberOfLeadingZeros(multiplyHigh(x, ROOT_OF_HALF)) - 1;
        int half = shiftLeft(x, halfHeadroom);
        int halfPower = shiftLeft(integerBits - halfHeadroom, fraction) - quarter;
        int power = multiplyHigh(Math.max(wholePower, halfPower), LN_2);
        return shiftLeft(power + logAroundFourthRoot(Math.min(whole, half), LOG_BITS + 1), 1);
    }

    /// `ln(r/∜½)` with some integer bits, of `r` without: a quotient of polynomials in `r − ∜½`.
    private static int logAroundFourthRoot(int r, int integerBits) {
        int middle = halfSum(r, FOURTH_ROOT_OF_HALF);
        int d = 2 * (r - FOURTH_ROOT_OF_HALF);
        int d2 = multiplyHigh(d, d);
        int numerator = multiplyHigh(d, r) + multiplyHigh(multiplyHigh(d, d2), LOG_NUMERATOR_3);
        int denominator =
                multiplyHigh(middle, LOG_DENOMINATOR_0 + d + multiplyHigh(LOG_DENOMINATOR_2, d2))
                        + multiplyHigh(LOG_DENOMINATOR_1, d);
        return multiplyHigh(divideByPowerOfTwo(numerator, integerBits), oneOverOnePlus(denominator));
    }

    /// `(a + b)/2` to the nearest, ties away from zero.
    private static int halfSum(int a, int b) {
        long sum = (long) a + b;
        return (int) ((sum + (sum >= 0 ? 1 : -1)) / 2);
    }

    /// `2/(1 + a)` with two integer bits, for `a` in `[0, 1]` without: three steps of Newton's division.
    private static int twoOverOnePlus(int a) {
        int half = halfSum(a, ONE);
        int x = DIVISION_START + multiplyHigh(half, DIVISION_SLOPE);
        for (int step = 0; step < 3; step++) {
            int error = ONE_OF_TWO_BITS - multiplyHigh(half, x);
            x += shiftLeft(multiplyHigh(x, error), 2);
        }
        return x;
    }

    /// `1/(1 + a)`, both without integer bits, for `a` in `[0, 1]`.
    public static int oneOverOnePlus(int a) {
        return shiftLeft(twoOverOnePlus(a), 1);
    }

    /// `1/(1 + exp(−a))` without integer bits.
    ///
    /// @param integerBits of `a`
    public static int logistic(int a, int integerBits) {
        if (a == 0) {
            return 1 << 30;
        }
        int ofMagnitude = oneOverOnePlus(exp(a > 0 ? -a : a, integerBits));
        return a > 0 ? ofMagnitude : ONE - ofMagnitude;
    }

    /// The hyperbolic tangent without integer bits: `(1 − exp(−2a))/(1 + exp(−2a))`.
    ///
    /// @param integerBits of `a`
    public static int tanh(int a, int integerBits) {
        if (a == 0) {
            return 0;
        }
        int x = twoOverOnePlus(exp(a < 0 ? a : -a, integerBits + 1));
        int ofMagnitude = shiftLeft(x - ONE_OF_TWO_BITS, 2);
        return a < 0 ? -ofMagnitude : ofMagnitude;
    }
}
