package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Width;

/// How one step, 32 bits of each row of A, is multiplied by as many of each column of B and added to sums of 32 bits.
enum Multiplication {
    /// One float times one float: fused multiply-add.
    FUSED,
    /// The same of weights that lie in memory as codes of four bits, by blocks of steps with a scale and a zero point.
    FUSED_NIBBLES,
    /// Likewise of eight bits.
    FUSED_BYTES,
    /// Four unsigned bytes times four signed ones, by one instruction.
    DOT,
    /// The same of A's bytes up to 127: pairs are added in 16 bits, over a group of steps if B allows it, and widened
    /// then.
    WIDENED,
    /// Two words times two words, added.
    WORDS;

    /// What multiplies bytes in a tier.
    static Multiplication ofBytes(Tier tier) {
        return tier.hasDotProducts() ? DOT : WIDENED;
    }

    /// Whether B is decoded on the way.
    boolean isCoded() {
        return this == FUSED_NIBBLES || this == FUSED_BYTES;
    }

    /// Whether sums are floats.
    boolean isFloat() {
        return this == FUSED || isCoded();
    }

    /// Most rows of a tile of `vectors` vectors that leave registers for B, A and the finish.
    int rows(Tier tier, int vectors) {
        int zmm = tier.width == Width.Z ? 1 : 0;
        return switch (this) {
            case FUSED_NIBBLES, FUSED_BYTES -> vectors == 2 ? 4 + 8 * zmm : 8 + 6 * zmm;
            case FUSED, DOT, WORDS -> vectors == 2 ? 6 + 8 * zmm : 8 + 6 * zmm;
            case WIDENED -> vectors == 2 ? 3 + 3 * zmm : 6;
        };
    }
}
