package dev.octet.tensor;

import java.util.Arrays;

/// Floating formats of at most 8 bits: a sign, an exponent and a mantissa (E4M3: 4 and 3 bits). ONNX "Float stored in 8
/// bits" and "Float stored in 4 bits", after Micikevicius et al., "FP8 Formats for Deep Learning" (2022), and OCP
/// "Microscaling Formats (MX)".
///
/// `FN` has no infinity, and NaN is all ones; `FNUZ` has neither infinity nor negative zero, whose code is NaN, and a
/// bias greater by one; E5M2 is as IEEE 754 would have it; E2M1 has finite numbers only. E8M0 is a power of two, with
/// no sign and no zero.
public enum NarrowFloat {
    E4M3FN(4, 3, 7, 0x7E, 0x7F),
    E4M3FNUZ(4, 3, 8, 0x7F, 0x80),
    E5M2(5, 2, 15, 0x7B, 0x7F),
    E5M2FNUZ(5, 2, 16, 0x7F, 0x80),
    E8M0(8, 0, 127, 0xFE, 0xFF),
    /// It has no NaN, so that zero, with a sign, stands for it, as in ONNX's test cases.
    E2M1(2, 1, 1, 0x7, 0x8);

    /// How a number between two of E8M0 is rounded.
    public enum Rounding {
        UP,
        DOWN,
        NEAREST
    }

    /// The numbers of the codes from 0 to the largest finite one, which rise.
    private final double[] numbers;

    private final int signBit;
    private final int notANumber;

    NarrowFloat(int exponentBits, int mantissaBits, int bias, int maxCode, int notANumber) {
        this.signBit = 1 << (exponentBits + mantissaBits);
        this.notANumber = notANumber;
        this.numbers = new double[maxCode + 1];
        for (int code = 0; code <= maxCode; code++) {
            int exponent = code >> mantissaBits;
            double fraction = (double) (code & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
            // Without a mantissa there is nothing that a subnormal number could be.
            boolean subnormal = exponent == 0 && mantissaBits > 0;
            numbers[code] = Math.scalb(subnormal ? fraction : 1 + fraction, (subnormal ? 1 : exponent) - bias);
        }
    }

    /// The number of a code, NaN and infinities included.
    public double decode(int code) {
        if (this == E8M0) {
            return code == notANumber ? Double.NaN : numbers[code];
        }
        int magnitude = code & (signBit - 1);
        if (magnitude >= numbers.length || code == notANumber && hasNaN()) {
            return this == E5M2 && magnitude == numbers.length ? sign(code) * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return sign(code) * numbers[magnitude];
    }

    private double sign(int code) {
        return (code & signBit) == 0 ? 1 : -1;
    }

    private boolean hasNaN() {
        return this != E2M1;
    }

    /// The code of the nearest number, ties to the even code; of E8M0, of the next one above.
    ///
    /// @param saturate whether what is too large, infinity included, becomes the largest finite number; else it becomes
    ///   infinity where there is one, or NaN
    public int encode(double value, boolean saturate) {
        if (this == E8M0) {
            return encodePower(value, saturate, Rounding.UP);
        }
        int sign = Math.copySign(1, value) < 0 ? signBit : 0;
        if (Double.isNaN(value)) {
            return isUnsignedZero() || !hasNaN() ? notANumber : sign | notANumber;
        }
        double magnitude = Math.abs(value);
        int code = nearest(magnitude);
        if (code >= numbers.length) {
            return saturate || !hasNaN()
                    ? sign | (numbers.length - 1)
                    : this == E5M2 ? sign | numbers.length : isUnsignedZero() ? notANumber : sign | notANumber;
        }
        return code == 0 && isUnsignedZero() ? 0 : sign | code;
    }

    private boolean isUnsignedZero() {
        return this == E4M3FNUZ || this == E5M2FNUZ;
    }

    /// The nearest code as if codes went on without end.
    private int nearest(double magnitude) {
        int found = Arrays.binarySearch(numbers, magnitude);
        if (found >= 0) {
            return found;
        }
        int above = -found - 1;
        int below = above - 1;
        double next =
                above < numbers.length ? numbers[above] : 2 * numbers[numbers.length - 1] - numbers[numbers.length - 2];
        double middle = (numbers[below] + next) / 2;
        return magnitude > middle || magnitude == middle && (above & 1) == 0 ? above : below;
    }

    /// The code of E8M0 for a number that is not negative; the sign of another is lost.
    ///
    /// @param saturate whether what is too large or too small becomes the largest or smallest number, else NaN
    /// @throws IllegalStateException for another format
    public int encodePower(double value, boolean saturate, Rounding rounding) {
        if (this != E8M0) {
            throw new IllegalStateException(this + " has a mantissa");
        }
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            return notANumber;
        }
        double smallest = numbers[0];
        double largest = numbers[numbers.length - 1];
        if (magnitude < smallest || magnitude > largest) {
            return saturate ? (magnitude < smallest ? 0 : numbers.length - 1) : notANumber;
        }
        int code = Math.getExponent(magnitude) + 127;
        double fraction = magnitude / numbers[code];
        boolean up =
                switch (rounding) {
                    case UP -> fraction > 1;
                    case DOWN -> false;
                    case NEAREST -> fraction >= 1.5;
                };
        return up ? code + 1 : code;
    }
}
