package dev.octet.quant;

import dev.octet.quant.NumericsProfile.Scaling;
import dev.octet.quant.NumericsProfile.ZeroPointOrder;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// Conversion between real numbers and the integers that stand for them, in the arithmetic of a profile: `q =
/// clamp(round(x/scale) + zeroPoint)` and `x = (q − zeroPoint)·scale`, each operation rounded to float.
///
/// Integers are clamped to the range of the parameters; PyTorch and ONNX Runtime clamp activations to the full range of
/// the type even where the scale was chosen for a reduced one. NaN becomes the smallest integer, as in ONNX Runtime.
public record LinearQuantization(QuantParams params, NumericsProfile profile) {
    /// The integer of one real number.
    ///
    /// @param group which scale, see [ScaleGroups]
    public int quantize(float x, int group) {
        float scale = params.scales()[group];
        int zeroPoint = params.zeroPoints()[group];
        float steps = profile.scaling() == Scaling.DIVISION ? x / scale : x * (1f / scale);
        double q =
                profile.zeroPointOrder() == ZeroPointOrder.AFTER_ROUNDING
                        ? profile.rounding().round(steps) + zeroPoint
                        : profile.rounding().round(steps + zeroPoint);
        return q >= params.quantMin() ? (int) Math.min(q, params.quantMax()) : params.quantMin();
    }

    /// The real number of one integer.
    public float dequantize(int q, int group) {
        return (q - params.zeroPoints()[group]) * params.scales()[group];
    }

    /// The real number nearest to `x` that the parameters can express: quantized and dequantized.
    public float roundTrip(float x, int group) {
        return dequantize(quantize(x, group), group);
    }

    /// The integers of a floating tensor, taken as floats.
    ///
    /// @throws IllegalArgumentException if there are not as many scales as the shape needs
    public Tensor quantize(Tensor x) {
        Tensor q = Tensor.allocate(params.dtype(), x.shape());
        scaleGroups(x.shape())
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        q.setLong(i, quantize(x.getFloat(i), group));
                    }
                });
        return q;
    }

    /// The FLOAT32 tensor of integers.
    ///
    /// @throws IllegalArgumentException if the type is not that of the parameters, or there are not as many scales as
    ///   the shape needs
    public Tensor dequantize(Tensor q) {
        if (q.dtype() != params.dtype()) {
            throw new IllegalArgumentException("tensor to dequantize: expected " + params.dtype() + ", found " + q);
        }
        Tensor x = Tensor.allocate(DType.FLOAT32, q.shape());
        scaleGroups(q.shape())
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        x.setFloat(i, dequantize((int) q.getLong(i), group));
                    }
                });
        return x;
    }

    private ScaleGroups scaleGroups(Shape shape) {
        return ScaleGroups.of(params.granularity(), shape).requireCount(params.scales().length);
    }
}
