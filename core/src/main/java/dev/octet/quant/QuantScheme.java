package dev.octet.quant;

import dev.octet.tensor.DType;

/// Which integers stand for real numbers, before a scale is known; with a range of real numbers it gives [QuantParams].
///
/// @param dtype the integer type that stores the values
/// @param symmetric whether real zero is the middle of the range, so that signed types have zero point 0
/// @param quantMin smallest integer in use; at most 0
/// @param quantMax largest integer in use; at least 0
public record QuantScheme(DType dtype, boolean symmetric, int quantMin, int quantMax) {
    public QuantScheme {
        QuantParams.requireRange(dtype, quantMin, quantMax);
        if (quantMin > 0 || quantMax < 0) {
            throw new IllegalArgumentException(
                    "quantized range [" + quantMin + ", " + quantMax + "] does not contain 0");
        }
    }

    /// The type's full range with a zero point that follows the data.
    public static QuantScheme affine(DType dtype) {
        return new QuantScheme(dtype, false, (int) dtype.minValue(), (int) dtype.maxValue());
    }

    /// The type's full range around zero: `[-128, 127]` for INT8.
    public static QuantScheme symmetric(DType dtype) {
        return new QuantScheme(dtype, true, (int) dtype.minValue(), (int) dtype.maxValue());
    }

    /// As many integers below zero as above: `[-127, 127]` for INT8. For unsigned types the full range.
    public static QuantScheme narrow(DType dtype) {
        int max = (int) dtype.maxValue();
        return new QuantScheme(dtype, true, dtype.isSigned() ? -max : 0, max);
    }

    /// The range that ONNX Runtime's tools use for a type: reduced `[0, 127]`, `[-64, 64]`, `[-4, 3]`, …; else narrow
    /// for symmetric INT8 and INT16; else full.
    public static QuantScheme onnxRuntime(DType dtype, boolean symmetric, boolean reduceRange) {
        if (!reduceRange) {
            return symmetric && dtype.isSigned() && dtype.bits() >= 8
                    ? narrow(dtype)
                    : new QuantScheme(dtype, symmetric, (int) dtype.minValue(), (int) dtype.maxValue());
        }
        int quarter = 1 << (dtype.bits() - 2);
        if (!dtype.isSigned()) {
            return new QuantScheme(dtype, symmetric, 0, 2 * quarter - 1);
        }
        return new QuantScheme(dtype, symmetric, -quarter, dtype.bits() == 4 ? quarter - 1 : quarter);
    }

    /// One bit less: both bounds halved and rounded down, `[0, 127]` from `[0, 255]` and `[-64, 63]` from `[-128, 127]`
    /// (PyTorch's `reduce_range`).
    public QuantScheme reduced() {
        return new QuantScheme(dtype, symmetric, Math.floorDiv(quantMin, 2), Math.floorDiv(quantMax, 2));
    }

    /// Parameters of a whole tensor whose values lie in `[min, max]`, both taken as floats. The range is widened to
    /// contain 0, which is always represented exactly. Without any width it gets the profile's smallest scale.
    ///
    /// @throws IllegalArgumentException if a bound is not finite or `min > max`
    public QuantParams params(double min, double max, NumericsProfile profile) {
        return params(new float[] {(float) min}, new float[] {(float) max}, Granularity.PER_TENSOR, profile);
    }

    /// Parameters for each index of an axis from the range of its values.
    public QuantParams params(float[] mins, float[] maxs, int axis, NumericsProfile profile) {
        return params(mins, maxs, Granularity.perChannel(axis), profile);
    }

    /// Parameters for each group of elements that share a scale from the range of its values.
    public QuantParams params(float[] mins, float[] maxs, Granularity granularity, NumericsProfile profile) {
        if (mins.length != maxs.length) {
            throw new IllegalArgumentException(
                    "expected as many minima as maxima, found " + mins.length + " and " + maxs.length);
        }
        float[] scales = new float[mins.length];
        int[] zeroPoints = new int[mins.length];
        RangeRule rule = RangeRule.of(this, profile);
        for (int i = 0; i < mins.length; i++) {
            requireOrdered(mins[i], maxs[i], mins.length == 1 ? "" : " of channel " + i);
            float low = Math.min(mins[i], 0f);
            float high = Math.max(maxs[i], (float) (low + profile.smallestRange()));
            rule.choose(low, Math.max(high, 0f), i, scales, zeroPoints);
        }
        return new QuantParams(dtype, quantMin, quantMax, granularity, scales, zeroPoints);
    }

    private static void requireOrdered(float min, float max, String where) {
        if (!Float.isFinite(min) || !Float.isFinite(max) || min > max) {
            throw new IllegalArgumentException(
                    "range of values" + where + ": expected finite min <= max, found [" + min + ", " + max + "]");
        }
    }

    /// Whether every integer of the type is in use.
    boolean isFullRange() {
        return quantMin == dtype.minValue() && quantMax == dtype.maxValue();
    }
}
