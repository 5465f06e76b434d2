package dev.octet.quant;

import dev.octet.quant.NumericsProfile.SymmetricDivisor;

/// How a scale and a zero point follow from a range that contains 0.
sealed interface RangeRule {
    /// Stores the scale and the zero point for `low <= 0 <= high` at `index`.
    void choose(float low, float high, int index, float[] scales, int[] zeroPoints);

    static RangeRule of(QuantScheme scheme, NumericsProfile profile) {
        return profile.smallestScale() == NumericsProfile.UNIT_SCALE_IF_TINY
                ? new InDouble(scheme, profile)
                : new InFloat(scheme, profile);
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
}
