package dev.octet.quantize;

import dev.octet.tensor.Tensor;

/// How close an approximation comes to a reference.
///
/// @param sqnr signal to noise, `20·log10(‖x‖/‖x − y‖)` in decibels; infinite if equal, NaN if a value is
/// @param cosine cosine of the angle between both as vectors; 1 if both are zero
/// @param maxAbs largest absolute difference
public record Fidelity(double sqnr, double cosine, double maxAbs) {
    /// Compares in double, in one pass.
    ///
    /// @throws IllegalArgumentException if the shapes differ
    public static Fidelity of(Tensor reference, Tensor approximation) {
        if (!reference.shape().equals(approximation.shape())) {
            throw new IllegalArgumentException("shape of the approximation: expected " + reference.shape() + ", found "
                    + approximation.shape());
        }
        double xx = 0;
        double yy = 0;
        double xy = 0;
        double noise = 0;
        double maxAbs = 0;
        for (long i = 0; i < reference.elementCount(); i++) {
            double x = reference.getDouble(i);
            double y = approximation.getDouble(i);
            xx += x * x;
            yy += y * y;
            xy += x * y;
            noise += (x - y) * (x - y);
            maxAbs = Math.max(maxAbs, Math.abs(x - y));
        }
        double sqnr = noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(xx / noise);
        double cosine = xx == 0 && yy == 0 ? 1 : xy / Math.max(Math.sqrt(xx) * Math.sqrt(yy), 1e-300);
        return new Fidelity(sqnr, cosine, maxAbs);
    }
}
