package dev.octet.quant;

/// A function of a row of 8-bit integers in integers only.
public sealed interface FixedPointRow permits FixedPointSoftmax, FixedPointLogSoftmax {
    /// Replaces numbers by their results.
    ///
    /// @param length of the row, at least 1
    void apply(int[] row, int length);
}
