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
        FidelityMeter meter = new FidelityMeter();
        meter.add(reference, approximation);
        return meter.fidelity();
    }
}
