package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.Optional;

/// A set of instructions that kernels are written for, the more capable later.
enum Tier {
    /// AVX2, FMA3 and BMI2.
    AVX2(Width.Y, 16),
    /// AVX-512 F, BW, DQ and VL.
    AVX512(Width.Z, 32),
    /// The same, and its dot products of bytes.
    AVX512_VNNI(Width.Z, 32);

    final Width width;
    final int registers;

    Tier(Width width, int registers) {
        this.width = width;
        this.registers = registers;
    }

    /// The best that a CPU has.
    static Optional<Tier> of(CpuFeatures features) {
        if (features.avx512Vnni()) {
            return Optional.of(AVX512_VNNI);
        }
        if (features.avx512()) {
            return Optional.of(AVX512);
        }
        return features.avx2() ? Optional.of(AVX2) : Optional.empty();
    }

    boolean hasMasks() {
        return this != AVX2;
    }

    boolean hasDotProducts() {
        return this == AVX512_VNNI;
    }

    /// Elements of 32 bits in a vector.
    int lanes() {
        return width.bytes / 4;
    }

    /// A whole vector register.
    Vec vec(int index) {
        return new Vec(index, width, 0, false);
    }
}
