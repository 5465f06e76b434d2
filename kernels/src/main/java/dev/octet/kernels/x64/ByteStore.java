package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;

/// Turns vectors of floats into INT8 or UINT8: `clamp(rne(x))`, NaN to the smallest value.
final class ByteStore {
    private ByteStore() {}

    /// Clamps and rounds to INT32.
    static void round(Assembler a, Tier tier, Vec result, Vec value, DType dtype) {
        // The order of the operands matters: NaN becomes the second.
        a.emit(VectorOp.VMAXPS, result, value, a.constant(tier.width, (float) dtype.minValue()));
        a.emit(VectorOp.VMINPS, result, result, a.constant(tier.width, (float) dtype.maxValue()));
        a.emit(VectorOp.VCVTPS2DQ, result, result);
    }

    /// Narrows what is in range of the type and stores it.
    ///
    /// @param to a quarter of the vector's length, with the mask of a tail
    static void store(Assembler a, Tier tier, Mem to, Vec integers, DType dtype, Registers free) {
        if (tier.hasMasks()) {
            a.store(VectorOp.VPMOVDB_STORE, to, integers);
            return;
        }
        Vec low = integers.as(Width.X);
        Vec high = free.take(Width.X);
        a.extract(VectorOp.VEXTRACTF128, high, integers, 1);
        a.emit(VectorOp.VPACKSSDW, low, low, high);
        packWords(a, low, dtype);
        a.store(VectorOp.VMOVQ_STORE, to, low);
        free.give(high);
    }

    /// Narrows four integers to the first four bytes of the register.
    static void pack(Assembler a, Vec integers, DType dtype) {
        a.emit(VectorOp.VPACKSSDW, integers, integers, integers);
        packWords(a, integers, dtype);
    }

    private static void packWords(Assembler a, Vec words, DType dtype) {
        a.emit(dtype == DType.UINT8 ? VectorOp.VPACKUSWB : VectorOp.VPACKSSWB, words, words, words);
    }
}
