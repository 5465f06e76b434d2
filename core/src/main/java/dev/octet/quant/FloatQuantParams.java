package dev.octet.quant;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.Arrays;

/// Parameters of a table whose rows have floating zero points, so that their smallest and largest numbers are exact:
/// `real = (q − zeroPoint)·scale` (PyTorch's `per_channel_affine_float_qparams`, which embeddings use).
///
/// @param dtype unsigned integers of 2, 4 or 8 bits
/// @param axis whose indices have a scale and a zero point each
public record FloatQuantParams(DType dtype, int axis, float[] scales, float[] zeroPoints) {
    /// PyTorch's eps: a range of at most this many steps has scale 1.
    private static final float SMALLEST_SCALE = 0x1p-23f;

    public FloatQuantParams {
        if (!dtype.isInteger() || dtype.isSigned() || dtype.bits() > 8) {
            throw new IllegalArgumentException("quantized type: expected unsigned of at most 8 bits, found " + dtype);
        }
        if (scales.length != zeroPoints.length) {
            throw new IllegalArgumentException(
                    "expected as many zero points as scales, found " + zeroPoints.length + " and " + scales.length);
        }
        scales = scales.clone();
        zeroPoints = zeroPoints.clone();
    }

    /// Parameters for the range of each index of an axis. Zero need not be in a range.
    ///
    /// @throws IllegalArgumentException if a bound is not finite or in the wrong order
    public static FloatQuantParams of(DType dtype, int axis, float[] mins, float[] maxs) {
        float[] scales = new float[mins.length];
        float[] zeroPoints = new float[mins.length];
        for (int i = 0; i < mins.length; i++) {
            if (!Float.isFinite(mins[i]) || !Float.isFinite(maxs[i]) || mins[i] > maxs[i]) {
                throw new IllegalArgumentException(
                        "range of index "
                                + i
                                + ": expected finite min <= max, found ["
                                + mins[i]
                                + ", "
                                + maxs[i]
                                + "]");
            }
            float scale = (maxs[i] - mins[i]) / dtype.maxValue();
            scales[i] = scale > SMALLEST_SCALE ? scale : 1;
            zeroPoints[i] = -mins[i] / scales[i];
        }
        return new FloatQuantParams(dtype, axis, scales, zeroPoints);
    }

    /// `clamp(rne(x·(1/scale) + zeroPoint))`, the zero point added before rounding.
    public Tensor quantize(Tensor x) {
        Tensor q = Tensor.allocate(dtype, x.shape());
        groups(x)
                .forEachRun((group, start, end) -> {
                    float inverse = 1 / scales[group];
                    for (long i = start; i < end; i++) {
                        double rounded = Math.rint(x.getFloat(i) * inverse + zeroPoints[group]);
                        q.setLong(i, (long) Math.clamp(rounded, 0, dtype.maxValue()));
                    }
                });
        return q;
    }

    /// The FLOAT32 tensor of integers.
    public Tensor dequantize(Tensor q) {
        Tensor x = Tensor.allocate(DType.FLOAT32, q.shape());
        groups(q)
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        x.setFloat(i, (q.getLong(i) - zeroPoints[group]) * scales[group]);
                    }
                });
        return x;
    }

    private ScaleGroups groups(Tensor tensor) {
        return ScaleGroups.of(Granularity.perChannel(axis), tensor.shape()).requireCount(scales.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FloatQuantParams p
                && dtype == p.dtype
                && axis == p.axis
                && Arrays.equals(scales, p.scales)
                && Arrays.equals(zeroPoints, p.zeroPoints);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(scales) * 31 + Arrays.hashCode(zeroPoints);
    }
}
