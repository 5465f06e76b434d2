package dev.octet.graph.op;

import dev.octet.formula.FloatFunction;
import dev.octet.quant.FloatMultiplier;
import dev.octet.quant.Multiplier;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What becomes of the INT32 sums of an integer product, in the arithmetic of ONNX Runtime on CPUs; each operation is
/// rounded to float:
///
/// - to integers: `clamp(rne(f32(sum)·((xScale·wScale[c])/yScale)) + yZeroPoint)`;
/// - to integers after an activation: `clamp(rne(activation(f32(sum)·(xScale·wScale[c]))/yScale) + yZeroPoint)`;
/// - to floats: `activation(f32(sum)·(xScale·wScale[c]))`.
final class IntegerOutput {
    private final float[] scales;
    private final boolean plain;
    private final FloatFunction epilogue;
    private final Tensor y;
    private final @Nullable AffineParams quantization;

    private IntegerOutput(float[] scales, Epilogue epilogue, Tensor y, @Nullable AffineParams quantization) {
        this.scales = scales;
        this.plain = epilogue.isNone();
        this.epilogue = epilogue.toFunction();
        this.y = y;
        this.quantization = quantization;
    }

    /// @param left scale of the left operand, times a factor of the operator
    /// @param right scales of the right operand: one, or one per channel
    /// @param yScale index of the result's scale among the operands; its zero point follows
    static IntegerOutput of(
            float left, float[] right, Epilogue epilogue, List<@Nullable Tensor> inputs, int yScale, Tensor y) {
        float[] scales = new float[right.length];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = left * right[c];
        }
        boolean quantized = Operands.find(inputs, yScale) != null;
        return new IntegerOutput(scales, epilogue, y, quantized ? AffineParams.of(inputs, yScale, y.dtype()) : null);
    }

    /// Stores the element of one sum.
    void store(long index, int channel, int sum) {
        float scale = scales[scales.length == 1 ? 0 : channel];
        if (quantization == null) {
            y.setFloat(index, epilogue.apply(sum * scale));
        } else if (plain) {
            Multiplier multiplier = new FloatMultiplier(scale / quantization.scale(0));
            y.setLong(index, quantization.requantize(multiplier, sum));
        } else {
            y.setLong(index, quantization.quantize(epilogue.apply(sum * scale), 0));
        }
    }
}
