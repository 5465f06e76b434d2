package dev.octet.quant;

/// A range of real numbers moved so that zero is one of its steps (TensorFlow's `Nudge`, which its fake quantization
/// uses): `[min, max]` with `max − min = scale·(quantMax − quantMin)`.
///
/// @param min real number of the smallest integer
/// @param max real number of the largest integer
/// @param scale real width of a step
public record NudgedRange(float min, float max, float scale) {
    /// @param quantMin 0, or 1 where the narrow range is asked for
    /// @param quantMax `2ᵇⁱᵗˢ − 1`
    /// @throws IllegalArgumentException unless `min < max` are finite
    public static NudgedRange of(float min, float max, int quantMin, int quantMax) {
        if (!(min < max) || !Float.isFinite(min) || !Float.isFinite(max)) {
            throw new IllegalArgumentException("range: expected finite min < max, found [" + min + ", " + max + "]");
        }
        float scale = (max - min) / (quantMax - quantMin);
        float fromMin = quantMin - min / scale;
        float zeroPoint =
                fromMin < quantMin
                        ? quantMin
                        : fromMin > quantMax ? quantMax : (float) Rounding.HALF_AWAY_FROM_ZERO.round(fromMin);
        return new NudgedRange((quantMin - zeroPoint) * scale, (quantMax - zeroPoint) * scale, scale);
    }

    /// The nearest step to a number, numbers outside brought to the ends first.
    public float roundTrip(float x) {
        float clamped = Math.clamp(x, min, max);
        float steps = (clamped - min) * (1 / scale);
        return (float) Math.floor(steps + 0.5f) * scale + min;
    }
}
