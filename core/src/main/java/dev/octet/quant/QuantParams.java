package dev.octet.quant;

import dev.octet.tensor.DType;
import java.util.Arrays;

/// Parameters of a quantized tensor: `real = scale·(q − zeroPoint)`.
///
/// @param dtype the integer type that stores `q`
/// @param quantMin smallest `q` in use; above the type's smallest value when the range is reduced or narrow
/// @param quantMax largest `q` in use
/// @param granularity which elements share a scale
/// @param scales one per group of elements that share a scale
/// @param zeroPoints as many as scales
public record QuantParams(
        DType dtype, int quantMin, int quantMax, Granularity granularity, float[] scales, int[] zeroPoints) {

    public QuantParams {
        requireRange(dtype, quantMin, quantMax);
        if (scales.length == 0 || scales.length != zeroPoints.length) {
            throw new IllegalArgumentException(
                    "expected as many zero points as scales, found " + zeroPoints.length + " and " + scales.length);
        }
        for (float scale : scales) {
            if (!(scale > 0) || Float.isInfinite(scale)) {
                throw new IllegalArgumentException("scale: expected a positive finite number, found " + scale);
            }
        }
        scales = scales.clone();
        zeroPoints = zeroPoints.clone();
    }

    static void requireRange(DType dtype, int quantMin, int quantMax) {
        if (!dtype.isInteger() || dtype.bits() > 16) {
            throw new IllegalArgumentException("quantized type: expected an integer of 2 to 16 bits, found " + dtype);
        }
        if (quantMin >= quantMax || quantMin < dtype.minValue() || quantMax > dtype.maxValue()) {
            throw new IllegalArgumentException(
                    "quantized range [" + quantMin + ", " + quantMax + "] does not fit " + dtype);
        }
    }

    /// Parameters of a whole tensor over the full range of the type.
    public static QuantParams perTensor(DType dtype, float scale, int zeroPoint) {
        return perTensor(dtype, (int) dtype.minValue(), (int) dtype.maxValue(), scale, zeroPoint);
    }

    public static QuantParams perTensor(DType dtype, int quantMin, int quantMax, float scale, int zeroPoint) {
        return new QuantParams(
                dtype, quantMin, quantMax, Granularity.PER_TENSOR, new float[] {scale}, new int[] {zeroPoint});
    }

    /// The scale of a tensor that has one.
    public float scale() {
        return scales[0];
    }

    /// The zero point of a tensor that has one.
    public int zeroPoint() {
        return zeroPoints[0];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof QuantParams p
                && dtype == p.dtype
                && quantMin == p.quantMin
                && quantMax == p.quantMax
                && granularity.equals(p.granularity)
                && Arrays.equals(scales, p.scales)
                && Arrays.equals(zeroPoints, p.zeroPoints);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(scales) * 31 + Arrays.hashCode(zeroPoints);
    }

    @Override
    public String toString() {
        return dtype
                + "["
                + quantMin
                + ", "
                + quantMax
                + "] "
                + granularity
                + " scale "
                + (scales.length == 1 ? scales[0] : scales.length + " values")
                + " zero point "
                + (scales.length == 1 ? zeroPoints[0] : zeroPoints.length + " values");
    }
}
