package dev.octet.quant;

/// The product of two 8-bit integers (TFLite MUL).
///
/// @param multiplier of `leftScale·rightScale/scale`
/// @param min smallest result; with `max` what an activation leaves
public record FixedPointProduct(
        int leftZeroPoint, int rightZeroPoint, FixedPointMultiplier multiplier, int zeroPoint, int min, int max)
        implements FixedPointBinary {
    @Override
    public int apply(int a, int b) {
        return multiplier.requantize((a - leftZeroPoint) * (b - rightZeroPoint), zeroPoint, min, max);
    }
}
