package dev.octet.quant;

import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;

/// Functions of one 8-bit integer in integers only, as TFLite computes them: made for all 256 integers, so that running
/// one is a lookup.
///
/// @param inputMin smallest integer of the operand's type; 256 follow
/// @param outputMin smallest integer of the result's type
/// @param steps how often products are rounded
public record FixedPointTable(
        float inputScale,
        int inputZeroPoint,
        int inputMin,
        float outputScale,
        int outputZeroPoint,
        int outputMin,
        RoundingSteps steps) {
    private static final int ENTRIES = 256;

    /// Integer bits of the operands of [FixedPoint#logistic] and [FixedPoint#tanh].
    private static final int INTEGER_BITS = 4;

    /// Three in 16 bits is the end of HardSwish's slope.
    private static final float HARD_SWISH_SCALE = 3f / 32768;

    /// The change of parameters, and what an activation leaves of it (QUANTIZE, RELU).
    ///
    /// @param ratio `inputScale/outputScale`, as exactly as the operator has it
    public int[] requantize(double ratio, int min, int max) {
        FixedPointMultiplier multiplier = FixedPointMultiplier.of(ratio, steps);
        return table(x -> multiplier.requantize(x, outputZeroPoint, min, max));
    }

    /// LEAKY_RELU.
    ///
    /// @param alpha slope below zero
    public int[] leakyRelu(float alpha) {
        FixedPointMultiplier above = FixedPointMultiplier.of(inputScale / outputScale, steps);
        FixedPointMultiplier below = FixedPointMultiplier.of(Math.abs(inputScale * alpha / outputScale), steps);
        return table(x -> {
            int scaled = x >= 0 ? above.multiply(x) : below.multiply(x) * (alpha < 0 ? -1 : 1);
            return saturate((long) scaled + outputZeroPoint);
        });
    }

    /// LOGISTIC, whose result has scale 1/256 and the smallest integer as zero point; empty for other parameters.
    public Optional<int[]> logistic() {
        boolean fixed = outputScale == 1f / ENTRIES && outputZeroPoint == outputMin;
        return fixed ? squash(x -> FixedPoint.logistic(x, INTEGER_BITS), 31 - Byte.SIZE) : Optional.empty();
    }

    /// TANH, whose result has scale 1/128 and the middle integer as zero point; empty for other parameters.
    public Optional<int[]> tanh() {
        boolean fixed = outputScale == 2f / ENTRIES && outputZeroPoint == outputMin + ENTRIES / 2;
        return fixed ? squash(x -> FixedPoint.tanh(x, INTEGER_BITS), 32 - Byte.SIZE) : Optional.empty();
    }

    /// A function that is constant outside `±radius`, the operand with four integer bits.
    private Optional<int[]> squash(IntUnaryOperator function, int exponent) {
        double ratio = inputScale * (double) (1 << (31 - INTEGER_BITS));
        if (!(ratio > 1) || ratio >= 1L << 30) {
            return Optional.empty();
        }
        FixedPointMultiplier multiplier = FixedPointMultiplier.of(ratio, steps);
        long largest = ((1L << INTEGER_BITS) - 1) << (31 - INTEGER_BITS);
        int radius = (int) (largest >> multiplier.shift());
        return Optional.of(
                table(x -> {
                    if (Math.abs(x) >= radius) {
                        return x < 0 ? outputMin : outputMax();
                    }
                    int y = function.applyAsInt(multiplier.multiply(x));
                    return saturate((long) FixedPoint.divideByPowerOfTwo(y, exponent) + outputZeroPoint);
                }));
    }

    /// HARD_SWISH in 16 bits; empty where its output would need a larger scale.
    public Optional<int[]> hardSwish() {
        float scale = 1f / 128 * inputScale;
        FixedPointMultiplier output = FixedPointMultiplier.of(scale / outputScale, steps);
        FixedPointMultiplier slope = FixedPointMultiplier.of(scale / HARD_SWISH_SCALE, steps);
        if (output.shift() > 0) {
            return Optional.empty();
        }
        return Optional.of(
                table(x -> {
                    short fine = (short) (x << 7);
                    short unshifted = FixedPoint.multiplyHigh(fine, narrow(output));
                    short gate = gate(fine, slope);
                    // Not rounded, so that the biases of the roundings before cancel.
                    short product = (short) (gate * unshifted / (1 << 15));
                    return saturate((long) FixedPoint.divideByPowerOfTwo(product, -output.shift()) + outputZeroPoint);
                }));
    }

    /// `x` from `[−3, 3]` to `[0, 1]` in 16 bits, saturated.
    private static short gate(short x, FixedPointMultiplier slope) {
        int exponent = slope.shift();
        short value = exponent > 0 ? shiftLeft(x, exponent - 1) : x;
        value = FixedPoint.multiplyHigh(value, narrow(slope));
        if (exponent > 0) {
            value = shiftLeft(value, 1);
        } else if (exponent < 0) {
            value = (short) FixedPoint.divideByPowerOfTwo(value, -exponent);
        }
        return (short) ((value + (1 << 15)) >> 1);
    }

    private static short shiftLeft(short x, int exponent) {
        return (short) Math.clamp((long) x << exponent, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    /// A multiplier in 16 bits.
    private static short narrow(FixedPointMultiplier multiplier) {
        int offset = 1 << 15;
        int value = multiplier.multiplier();
        return value >= Integer.MAX_VALUE - offset ? Short.MAX_VALUE : (short) ((value + offset) >> 16);
    }

    /// Any other function: each real number rounded to the nearest, ties away from zero.
    public int[] of(DoubleUnaryOperator function) {
        return table(x -> {
            double real = (float) function.applyAsDouble(x * inputScale);
            double rounded = Rounding.HALF_AWAY_FROM_ZERO.round((float) real / outputScale);
            return saturate((long) rounded + outputZeroPoint);
        });
    }

    /// @param function of an integer less its zero point
    private int[] table(IntUnaryOperator function) {
        int[] table = new int[ENTRIES];
        for (int i = 0; i < ENTRIES; i++) {
            table[i] = function.applyAsInt(inputMin + i - inputZeroPoint);
        }
        return table;
    }

    private int outputMax() {
        return outputMin + ENTRIES - 1;
    }

    private int saturate(long integer) {
        return Math.clamp(integer, outputMin, outputMax());
    }
}
