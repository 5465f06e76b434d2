package dev.octet.kernels.portable;

import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Rounding of steps to an 8-bit type: `clamp(rne(x) + zeroPoint)`, NaN to the smallest value.
record ByteRounding(float low, float high, int smallest) {
    /// 1.5·2²³: adding it rounds a float below 2²² in magnitude to an integer, ties to even, in its low bits.
    private static final float ROUND = 12582912f;

    static ByteRounding of(DType dtype, int zeroPoint) {
        return new ByteRounding(dtype.minValue() - zeroPoint, dtype.maxValue() - zeroPoint, (int) dtype.minValue());
    }

    void round(float[] steps, byte[] into, int n) {
        float least = low;
        float most = high;
        int offset = smallest;
        for (int i = 0; i < n; i++) {
            // Clamped first, so that adding ROUND rounds; counted from the smallest, so that NaN, cast to 0, becomes
            // it.
            float rounded = Math.min(Math.max(steps[i], least), most) + ROUND - ROUND;
            into[i] = (byte) ((int) (rounded - least) + offset);
        }
    }

    /// Steps of `x/scale` with a scale and a zero point for each element.
    static void quantize(float[] x, float[] scales, float[] zeroPoints, DType dtype, byte[] into, int n) {
        float least = dtype.minValue();
        float most = dtype.maxValue();
        int offset = (int) dtype.minValue();
        for (int i = 0; i < n; i++) {
            float zero = zeroPoints[i];
            float steps = Math.min(Math.max(x[i] / scales[i], least - zero), most - zero);
            float rounded = steps + ROUND - ROUND + zero;
            into[i] = (byte) ((int) (rounded - least) + offset);
        }
    }

    void store(float[] steps, int n, MemorySegment to, long element, Scratch scratch) {
        byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
        round(steps, bytes, n);
        MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, element, n);
    }
}
