package dev.octet.quant;

/// The arithmetic choices in which quantization systems differ, so that "like PyTorch" and "like ONNX Runtime" are
/// values, not code paths.
///
/// @param scaling how a real value is brought to steps: times the reciprocal of the scale, or divided by it
/// @param rounding of quotients to integers
/// @param zeroPointOrder whether the zero point is added after rounding (canonical) or before it
/// @param symmetricDivisor what the largest magnitude is divided by to get a symmetric scale
/// @param bias type of the bias of integer operators
/// @param smallestScale a scale below it becomes this (PyTorch's eps), or 1 where it is [#UNIT_SCALE_IF_TINY]
public record NumericsProfile(
        Scaling scaling,
        Rounding rounding,
        ZeroPointOrder zeroPointOrder,
        SymmetricDivisor symmetricDivisor,
        BiasType bias,
        double smallestScale) {

    /// Marks the rule of ONNX Runtime: a scale below the smallest normal float becomes 1 with zero point 0.
    public static final double UNIT_SCALE_IF_TINY = 0;

    /// PyTorch's `fbgemm`, `x86` and `onednn` engines.
    public static final NumericsProfile PYTORCH =
            new NumericsProfile(
                    Scaling.RECIPROCAL,
                    Rounding.HALF_EVEN,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.HALF_RANGE,
                    BiasType.FLOAT32,
                    0x1p-23);

    /// PyTorch's `qnnpack` engine.
    public static final NumericsProfile QNNPACK =
            new NumericsProfile(
                    Scaling.RECIPROCAL,
                    Rounding.HALF_EVEN,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.HALF_RANGE,
                    BiasType.INT32,
                    0x1p-23);

    /// ONNX Runtime's tools and the ONNX operators.
    public static final NumericsProfile ONNX =
            new NumericsProfile(
                    Scaling.DIVISION,
                    Rounding.HALF_EVEN,
                    ZeroPointOrder.AFTER_ROUNDING,
                    // Its symmetric ranges are narrow, so that half the range is 127 for INT8.
                    SymmetricDivisor.HALF_RANGE,
                    BiasType.INT32,
                    UNIT_SCALE_IF_TINY);

    /// How `x` becomes steps.
    public enum Scaling {
        /// `x / scale`
        DIVISION,
        /// `x · (1f / scale)`
        RECIPROCAL
    }

    /// When the zero point is added.
    public enum ZeroPointOrder {
        AFTER_ROUNDING,
        BEFORE_ROUNDING
    }

    /// Divisor of the largest magnitude.
    public enum SymmetricDivisor {
        /// `(quantMax − quantMin) / 2`: 127.5 for 8 bits.
        HALF_RANGE,
        /// `quantMax − zeroPoint`: 127 for 8 bits, whatever the smallest integer is (TensorRT).
        MAX
    }

    /// How integer operators take their bias.
    public enum BiasType {
        /// INT32 in units of `inputScale·weightScale`.
        INT32,
        FLOAT32
    }
}
