package dev.octet.quant;

/// A function of two 8-bit integers in integers only.
public sealed interface FixedPointBinary permits FixedPointSum, FixedPointProduct {
    int apply(int a, int b);
}
