package dev.octet.kernels.x64;

/// Writes a function. A generator is a value of all that its code depends on, such as tier, tile and output stage:
/// equal generators write the same code, so it is generated once. Extents, strides and addresses are arguments.
interface Generator {
    void emit(Assembler assembler);
}
