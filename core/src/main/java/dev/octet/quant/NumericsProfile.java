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
/// @param scaleRule how scales and zero points follow from ranges
/// @param smallestRange a range of real values narrower than it grows to it at its upper end (ONNX Runtime's
///   `MinimumRealRange`); 0 for none
public record NumericsProfile(
        Scaling scaling,
        Rounding rounding,
        ZeroPointOrder zeroPointOrder,
        SymmetricDivisor symmetricDivisor,
        BiasType bias,
        double smallestScale,
        ScaleRule scaleRule,
        double smallestRange) {

    /// A profile without a smallest range.
    public NumericsProfile(
            Scaling scaling,
            Rounding rounding,
            ZeroPointOrder zeroPointOrder,
            SymmetricDivisor symmetricDivisor,
            BiasType bias,
            double smallestScale,
            ScaleRule scaleRule) {
        this(scaling, rounding, zeroPointOrder, symmetricDivisor, bias, smallestScale, scaleRule, 0);
    }

    /// A profile with the rule of PyTorch's observers, or of ONNX Runtime's tools if tiny scales become 1.
    public NumericsProfile(
            Scaling scaling,
            Rounding rounding,
            ZeroPointOrder zeroPointOrder,
            SymmetricDivisor symmetricDivisor,
            BiasType bias,
            double smallestScale) {
        this(
                scaling,
                rounding,
                zeroPointOrder,
                symmetricDivisor,
                bias,
                smallestScale,
                smallestScale == UNIT_SCALE_IF_TINY ? ScaleRule.ONNX_RUNTIME : ScaleRule.PYTORCH);
    }

    /// This profile with another smallest scale.
    public NumericsProfile withSmallestScale(double newSmallestScale) {
        return new NumericsProfile(
                scaling, rounding, zeroPointOrder, symmetricDivisor, bias, newSmallestScale, scaleRule, smallestRange);
    }

    /// This profile with another rule of scales and zero points.
    public NumericsProfile withScaleRule(ScaleRule newScaleRule) {
        return new NumericsProfile(
                scaling, rounding, zeroPointOrder, symmetricDivisor, bias, smallestScale, newScaleRule, smallestRange);
    }

    /// This profile for constants, which may have any zero point.
    public NumericsProfile ofConstants() {
        return scaleRule == ScaleRule.ONNX_RUNTIME_RESTRICTED ? withScaleRule(ScaleRule.ONNX_RUNTIME) : this;
    }

    /// This profile with another smallest range.
    public NumericsProfile withSmallestRange(double newSmallestRange) {
        return new NumericsProfile(
                scaling, rounding, zeroPointOrder, symmetricDivisor, bias, smallestScale, scaleRule, newSmallestRange);
    }

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

    /// PyTorch's dynamic operators and fused fake quantization: FBGEMM's `ChooseQuantizationParams`. Scales that would
    /// be smaller than 6.1e-5 become this, since their products have to fit in 32 bits.
    public static final NumericsProfile PYTORCH_DYNAMIC =
            new NumericsProfile(
                    Scaling.RECIPROCAL,
                    Rounding.HALF_EVEN,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.HALF_RANGE,
                    BiasType.FLOAT32,
                    6.1e-5,
                    ScaleRule.FBGEMM);

    /// TensorRT: symmetric, the largest magnitude over 127, biases in float.
    public static final NumericsProfile TENSORRT =
            new NumericsProfile(
                    Scaling.DIVISION,
                    Rounding.HALF_EVEN,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.MAX,
                    BiasType.FLOAT32,
                    UNIT_SCALE_IF_TINY);

    /// ncnn: symmetric, multipliers instead of scales, ties away from zero, biases in float.
    public static final NumericsProfile NCNN =
            new NumericsProfile(
                    Scaling.RECIPROCAL,
                    Rounding.HALF_AWAY_FROM_ZERO,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.MAX,
                    BiasType.FLOAT32,
                    UNIT_SCALE_IF_TINY,
                    ScaleRule.NCNN);

    /// TFLite and gemmlowp (arXiv 1712.05877).
    public static final NumericsProfile TFLITE =
            new NumericsProfile(
                    Scaling.DIVISION,
                    Rounding.HALF_AWAY_FROM_ZERO,
                    ZeroPointOrder.AFTER_ROUNDING,
                    SymmetricDivisor.MAX,
                    BiasType.INT32,
                    UNIT_SCALE_IF_TINY,
                    ScaleRule.GEMMLOWP);

    /// How scales and zero points follow from ranges. All widen a range to contain zero first.
    public enum ScaleRule {
        /// `calculate_qparams` of PyTorch's observers: every operation rounded to float.
        PYTORCH,
        /// `ChooseQuantizationParams` of FBGEMM: the zero point from the end that it represents best; symmetric only
        /// where values lie on both sides of zero.
        FBGEMM,
        /// `compute_scale_zp` of ONNX Runtime's tools: in double.
        ONNX_RUNTIME,
        /// The same, but for activations in UINT8 with zero points at the lower end or in the middle only, as some
        /// hardware has them (`ActivationRestrictedAsymmetric`).
        ONNX_RUNTIME_RESTRICTED,
        /// `ChooseQuantizationParams` of gemmlowp: the scale in float, the zero point in double and from the lower end.
        GEMMLOWP,
        /// The reciprocal of ncnn's multiplier, the largest integer over the largest magnitude.
        NCNN
    }

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
