package dev.octet.quant;

import dev.octet.quant.NumericsProfile.SymmetricDivisor;
import dev.octet.tensor.DType;

/// How a scale and a zero point follow from a range that contains 0.
sealed interface RangeRule {
    /// Stores the scale and the zero point for `low <= 0 <= high` at `index`.
    void choose(float low, float high, int index, float[] scales, int[] zeroPoints);

    static RangeRule of(QuantScheme scheme, NumericsProfile profile) {
        return switch (profile.scaleRule()) {
            case PYTORCH -> new InFloat(scheme, profile);
            case ONNX_RUNTIME -> new InDouble(scheme, profile);
            case ONNX_RUNTIME_RESTRICTED ->
                    scheme.dtype() == DType.UINT8 && !scheme.symmetric()
                            ? new Restricted(scheme)
                            : new InDouble(scheme, profile);
            case FBGEMM -> new Fbgemm(scheme, profile.smallestScale());
            case GEMMLOWP -> new Gemmlowp(scheme, profile);
            case NCNN -> new Ncnn(scheme);
        };
    }

    /// What the largest magnitude is divided by to get a symmetric scale.
    static double symmetricDivisor(QuantScheme scheme, NumericsProfile profile, int zeroPoint) {
        return profile.symmetricDivisor() == SymmetricDivisor.HALF_RANGE
                ? (scheme.quantMax() - scheme.quantMin()) / 2.0
                : scheme.quantMax() - zeroPoint;
    }

    /// PyTorch's `calculate_qparams`: each operation rounded to float, scales at least `smallestScale`.
    record InFloat(QuantScheme scheme, NumericsProfile profile) implements RangeRule {
        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            float smallest = (float) profile.smallestScale();
            if (scheme.symmetric()) {
                int middle = middle();
                float divisor = (float) symmetricDivisor(scheme, profile, middle);
                scales[index] = Math.max(Math.max(-low, high) / divisor, smallest);
                zeroPoints[index] = middle;
                return;
            }
            float scale = Math.max((high - low) / (scheme.quantMax() - scheme.quantMin()), smallest);
            double zeroPoint = scheme.quantMin() - profile.rounding().round(low / scale);
            scales[index] = scale;
            zeroPoints[index] = (int) Math.clamp(zeroPoint, scheme.quantMin(), scheme.quantMax());
        }

        /// PyTorch takes 128 for the full range of 255 and rounds down in any other.
        private int middle() {
            if (scheme.dtype().isSigned()) {
                return 0;
            }
            int sum = scheme.quantMin() + scheme.quantMax();
            return scheme.isFullRange() ? (sum + 1) / 2 : Math.floorDiv(sum, 2);
        }
    }

    /// `compute_scale_zp` of ONNX Runtime's tools: the width of the range in float, the rest in double, and scale 1
    /// where it would be subnormal.
    record InDouble(QuantScheme scheme, NumericsProfile profile) implements RangeRule {
        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            int quantMin = scheme.quantMin();
            int middle = (int) profile.rounding().round((quantMin + scheme.quantMax()) / 2.0);
            double scale =
                    scheme.symmetric()
                            ? Math.max(-low, high) / symmetricDivisor(scheme, profile, middle)
                            : (double) (high - low) / (scheme.quantMax() - quantMin);
            if (scale < Float.MIN_NORMAL) {
                scales[index] = 1;
                zeroPoints[index] = 0;
                return;
            }
            scales[index] = (float) scale;
            zeroPoints[index] = scheme.symmetric() ? middle : (int) profile.rounding().round(quantMin - low / scale);
        }
    }

    /// `snap_zero_point_to_uint8` of ONNX Runtime's tools: the zero point at the lower end where no value is negative,
    /// else in the middle, and the scale that covers both halves. A range without width has steps of one over the
    /// number of integers.
    record Restricted(QuantScheme scheme) implements RangeRule {
        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            int quantMin = scheme.quantMin();
            int quantMax = scheme.quantMax();
            int middle = (quantMin + quantMax + 1) / 2;
            double below = -(double) low / (middle - quantMin);
            double above = (double) high / (low < 0 ? quantMax - middle : quantMax - quantMin);
            double scale = Math.max(below, above);
            scales[index] = (float) (scale == 0 ? 1.0 / (quantMax - quantMin) : scale);
            zeroPoints[index] = low < 0 ? middle : quantMin;
        }
    }

    /// `ChooseQuantizationParams` of FBGEMM and of PyTorch's `quant_utils`, whose two copies weigh the errors of the
    /// ends differently in form, but choose alike: `|quantMin| − |min/scale|` is PyTorch's.
    ///
    /// @param smallestScale below it, the range grows
    record Fbgemm(QuantScheme scheme, double smallestScale) implements RangeRule {
        /// What a scale becomes that is zero, or whose reciprocal is infinite.
        private static final double SCALE_OF_ZEROS = 0.1;

        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            float min = low;
            float max = high;
            boolean bothSides = scheme.symmetric() && low < 0 && high > 0;
            int steps = scheme.quantMax() - scheme.quantMin();
            if (bothSides) {
                float symmetricMin = -(steps / 2 + 1);
                float symmetricMax = steps / 2;
                double step = Math.max(Math.abs(min / symmetricMin), Math.abs(max / symmetricMax));
                min = (float) (step * symmetricMin);
                max = (float) (step * symmetricMax);
            }
            double scale = ((double) max - min) / steps;
            if ((float) scale == 0 || Float.isInfinite(1f / (float) scale)) {
                scale = SCALE_OF_ZEROS;
            }
            if (scale < smallestScale) {
                float smallest = (float) smallestScale;
                float growth = smallest / (float) scale;
                max = low == 0 ? smallest * steps : max * growth;
                min = high == 0 ? -smallest * steps : min * growth;
                scale = smallest;
            }
            scales[index] = (float) scale;
            zeroPoints[index] = bothSides ? roundedMiddle() : zeroPoint(min, max, scale);
        }

        private int roundedMiddle() {
            return (int) Math.rint((scheme.quantMin() + scheme.quantMax()) / 2.0);
        }

        private int zeroPoint(float min, float max, double scale) {
            double fromMin = scheme.quantMin() - min / scale;
            double fromMax = scheme.quantMax() - max / scale;
            double errorOfMin = Math.abs(scheme.quantMin()) - Math.abs(min / scale);
            double errorOfMax = Math.abs(scheme.quantMax()) - Math.abs(max / scale);
            double zeroPoint = errorOfMin < errorOfMax ? fromMin : fromMax;
            return (int) Math.clamp(Math.rint(zeroPoint), scheme.quantMin(), scheme.quantMax());
        }
    }

    /// gemmlowp's rule, the scale in float and the zero point in double; a range without width has scale 1.
    record Gemmlowp(QuantScheme scheme, NumericsProfile profile) implements RangeRule {
        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            int quantMin = scheme.quantMin();
            int quantMax = scheme.quantMax();
            int middle = scheme.dtype().isSigned() ? 0 : Math.floorDiv(quantMin + quantMax + 1, 2);
            double scale =
                    scheme.symmetric()
                            ? Math.max(-low, high) / symmetricDivisor(scheme, profile, middle)
                            : (high - low) / (quantMax - quantMin);
            if (scale < Float.MIN_NORMAL) {
                scales[index] = 1;
                zeroPoints[index] = scheme.symmetric() ? middle : Math.clamp(0, quantMin, quantMax);
                return;
            }
            scales[index] = (float) scale;
            double zeroPoint = profile.rounding().round(quantMin - low / scale);
            zeroPoints[index] = scheme.symmetric() ? middle : (int) Math.clamp(zeroPoint, quantMin, quantMax);
        }
    }

    /// ncnn: `1 / (quantMax / max|x|)` in float; 1 if all values are zero.
    record Ncnn(QuantScheme scheme) implements RangeRule {
        public Ncnn {
            if (!scheme.symmetric() || !scheme.dtype().isSigned()) {
                throw new IllegalArgumentException("ncnn quantizes symmetrically to signed integers, not as " + scheme);
            }
        }

        @Override
        public void choose(float low, float high, int index, float[] scales, int[] zeroPoints) {
            float largest = Math.max(-low, high);
            float scale = 1 / (scheme.quantMax() / largest);
            scales[index] = scale > 0 && Float.isFinite(scale) ? scale : 1;
            zeroPoints[index] = 0;
        }
    }
}
