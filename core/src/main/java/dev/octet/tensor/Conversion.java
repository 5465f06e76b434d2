package dev.octet.tensor;

/// Conversions between element types that Java's casts lack.
final class Conversion {
    private Conversion() {}

    static void convert(Tensor from, Tensor to) {
        if (from.dtype() == to.dtype()) {
            to.data().copyFrom(from.data());
            return;
        }
        long count = from.elementCount();
        boolean viaLong = from.dtype().isInteger() && !to.dtype().isFloating();
        for (long i = 0; i < count; i++) {
            if (viaLong) {
                to.setLong(i, from.getLong(i));
            } else {
                to.setDouble(i, from.getDouble(i));
            }
        }
    }

    static double unsignedToDouble(long bits) {
        // Halve with the lost bit kept sticky, so that the one rounding is that of the exact value.
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }

    /// Rounds a double to binary16 once: going through float would round twice.
    static short toFloat16(double value) {
        float nearest = (float) value;
        if (nearest != value && !Double.isNaN(value) && !Float.isInfinite(nearest)) {
            // Round to odd: an inexact float gets its last bit set, so the second rounding sees the true side.
            int bits = Float.floatToRawIntBits(nearest);
            boolean tooFar = Math.abs((double) nearest) > Math.abs(value);
            bits = (tooFar ? bits - 1 : bits) | 1;
            nearest = Float.intBitsToFloat(bits);
        }
        return Float.floatToFloat16(nearest);
    }

    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }
}
