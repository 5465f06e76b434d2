package dev.octet.engine;

import dev.octet.graph.pass.FixedPointLowering;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.graph.pass.NcnnLowering;
import dev.octet.graph.pass.Pass;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import java.util.Locale;

/// Whose arithmetic the integer operators of a quantized graph follow. Systems differ by one step here and there; see
/// docs/methods.md.
public enum Numerics {
    /// ONNX Runtime's: sums are multiplied by floats and rounded to even.
    ONNX(false),
    /// TFLite's reference kernels: fixed-point multipliers whose products are rounded once. What is quantized computes
    /// in integers only, by kernels that have no instruction for floats.
    TFLITE(true),
    /// The same with products that are rounded twice, as gemmlowp and TFLite's optimized kernels have them.
    GEMMLOWP(true),
    /// ncnn's INT8 layers: sums are multiplied by floats, biases added in float, results rounded away from zero to
    /// `[−127, 127]`.
    NCNN(false);

    private final boolean integerOnly;

    Numerics(boolean integerOnly) {
        this.integerOnly = integerOnly;
    }

    /// Whether what is quantized computes without floats.
    public boolean isIntegerOnly() {
        return integerOnly;
    }

    /// The name in commands and messages.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// What makes integer operators of QuantizeLinear and DequantizeLinear.
    Pass lowering() {
        Pass integers = new IntegerLowering(IntegerLowering.Target.ENGINE);
        return switch (this) {
            case ONNX -> integers;
            case TFLITE -> integers.then(new FixedPointLowering(RoundingSteps.SINGLE));
            case NCNN -> new NcnnLowering().then(integers);
            case GEMMLOWP -> integers.then(new FixedPointLowering(RoundingSteps.DOUBLE));
        };
    }
}
