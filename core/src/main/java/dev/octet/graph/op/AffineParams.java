package dev.octet.graph.op;

import dev.octet.quant.Multiplier;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Scale and zero point of a quantized operand or result, as the operands of an integer operator give them: one of
/// each, or one per channel. Files may hold any scale, so that nothing is required of it here.
///
/// @param zeroPoints as many as scales, or one for all
record AffineParams(DType dtype, float[] scales, int[] zeroPoints) {
    static final Set<DType> EIGHT_BIT = EnumSet.of(DType.INT8, DType.UINT8);

    /// Reads the operands `scale` and `scale + 1`; an absent zero point is 0.
    static AffineParams of(List<@Nullable Tensor> inputs, int scale, DType dtype) {
        float[] scales = Operands.get(inputs, scale).toFloatArray();
        int[] zeroPoints = zeroPoints(inputs, scale + 1);
        if (zeroPoints.length != 1 && zeroPoints.length != scales.length) {
            throw Inference.mismatch("zero points", "one, or as many as scales, " + scales.length, zeroPoints.length);
        }
        return new AffineParams(dtype, scales, zeroPoints);
    }

    /// Zero points of the channels of an operand: one for all, or one for each.
    static int[] zeroPoints(List<@Nullable Tensor> inputs, int index, long channels, String name) {
        Tensor tensor = Operands.find(inputs, index);
        if (tensor != null) {
            requirePerChannel(tensor, channels, name);
        }
        return zeroPoints(inputs, index);
    }

    private static int[] zeroPoints(List<@Nullable Tensor> inputs, int zeroPoint) {
        Tensor tensor = Operands.find(inputs, zeroPoint);
        return tensor == null ? new int[1] : tensor.toIntArray();
    }

    float scale(int channel) {
        return scales[scales.length == 1 ? 0 : channel];
    }

    int zeroPoint(int channel) {
        return zeroPoints[zeroPoints.length == 1 ? 0 : channel];
    }

    /// `clamp(rne(real/scale) + zeroPoint)`; NaN becomes the smallest integer, as in ONNX Runtime.
    int quantize(float real, int channel) {
        return saturate(Math.rint(real / scale(channel)) + zeroPoint(channel));
    }

    float dequantize(int q, int channel) {
        return (q - zeroPoint(channel)) * scale(channel);
    }

    /// The integer of a sum, with one zero point.
    int requantize(Multiplier multiplier, int sum) {
        return multiplier.requantize(sum, zeroPoint(0), (int) dtype.minValue(), (int) dtype.maxValue());
    }

    int saturate(double q) {
        int min = (int) dtype.minValue();
        return q >= min ? (int) Math.min(q, dtype.maxValue()) : min;
    }

    /// Type of a result: that of its zero point, UINT8 without one, FLOAT32 without even a scale.
    static DType outputType(Inference inference, int scale) {
        if (!inference.has(scale)) {
            return DType.FLOAT32;
        }
        requireScale(inference, scale, "y_scale");
        Operands.requireScalar(inference, scale, "y_scale");
        Operands.requireScalar(inference, scale + 1, "y_zero_point");
        return inference.has(scale + 1)
                ? Operands.require(inference, scale + 1, "y_zero_point", EIGHT_BIT)
                : DType.UINT8;
    }

    /// Checks the operands `x`, `x + 1` and `x + 2`: an 8-bit tensor, its scalar scale and zero point.
    static DType requireTensor(Inference inference, int x, String name) {
        DType dtype = requireValues(inference, x, name);
        Operands.requireScalar(inference, x + 1, name + "_scale");
        Operands.requireScalar(inference, x + 2, name + "_zero_point");
        return dtype;
    }

    /// Checks the operands `x`, `x + 1` and `x + 2`: an 8-bit tensor, scales and zero points of it.
    static DType requireValues(Inference inference, int x, String name) {
        DType dtype = Operands.require(inference, x, name, EIGHT_BIT);
        requireScale(inference, x + 1, name + "_scale");
        Operands.requireSame(inference, x + 2, name + "_zero_point", dtype);
        return dtype;
    }

    static void requireScale(Inference inference, int scale, String name) {
        Operands.require(inference, scale, name, Operands.FLOATING);
    }

    /// Checks that there is one scale or zero point, or as many as channels; batch axes are 1.
    static void requirePerChannel(Tensor tensor, long channels, String name) {
        if (tensor.elementCount() != 1 && tensor.elementCount() != channels) {
            throw Inference.mismatch(name, "1 or " + channels + " numbers", tensor.shape());
        }
    }
}
