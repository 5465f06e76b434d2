package dev.octet.quant;

/// The ratio `inputScale·weightScale/outputScale` by which an INT32 sum becomes steps of the output, and the rounding
/// of that product.
public sealed interface Multiplier permits FloatMultiplier, FixedPointMultiplier {
    /// The product rounded to an integer; saturated to 32 bits.
    int multiply(int accumulator);

    /// `clamp(multiply(accumulator) + zeroPoint)` with the bounds of an output.
    default int requantize(int accumulator, int zeroPoint, int quantMin, int quantMax) {
        return Math.clamp((long) multiply(accumulator) + zeroPoint, quantMin, quantMax);
    }
}
