package dev.octet.kernels.x64;

/// How many elements a piece of code computes.
enum Lanes {
    /// A vector.
    ALL,
    /// A vector's first elements, which the opmask [ElementLoop#TAIL] selects.
    MASKED,
    /// One.
    SINGLE
}
