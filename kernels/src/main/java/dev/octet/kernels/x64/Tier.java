package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A set of instructions that kernels are written for, the more capable later.
enum Tier {
    /// AVX2, FMA3 and BMI2.
    AVX2(Width.Y, 16),
    /// The same, and dot products of bytes.
    AVX_VNNI(Width.Y, 16),
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

    /// Those that a CPU can run, the best last.
    static List<Tier> of(CpuFeatures features) {
        List<Tier> tiers = new ArrayList<>();
        if (features.avx2()) {
            tiers.add(AVX2);
        }
        if (features.avxVnni()) {
            tiers.add(AVX_VNNI);
        }
        if (features.avx512()) {
            tiers.add(AVX512);
        }
        if (features.avx512Vnni()) {
            tiers.add(AVX512_VNNI);
        }
        return List.copyOf(tiers);
    }

    /// The tier of a label.
    ///
    /// @throws IllegalArgumentException if there is none
    static Tier of(String label) {
        return Arrays.stream(values())
                .filter(tier -> tier.label().equals(label))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "expected one of "
                                        + Arrays.stream(values()).map(Tier::label).toList()
                                        + ", found '"
                                        + label
                                        + "'"));
    }

    /// What properties and messages call it, such as `avx512-vnni`.
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean hasMasks() {
        return width == Width.Z;
    }

    boolean hasDotProducts() {
        return this == AVX_VNNI || this == AVX512_VNNI;
    }

    /// What code that multiplies no bytes is generated for, so that tiers share it.
    Tier withoutDotProducts() {
        return hasMasks() ? AVX512 : AVX2;
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
