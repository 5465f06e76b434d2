package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;

/// Writes what folds the lanes of a vector into one, and sums of floats in double.
final class Reductions {
    private Reductions() {}

    /// Folds the lanes of floats into each of the first four.
    static void foldFloats(Assembler a, VectorOp op, Vec value, Vec spare) {
        Vec x = halves(a, op, value, spare);
        for (int order : new int[] {0x4E, 0xB1}) {
            a.emit(VectorOp.VSHUFPS, spare.as(Width.X), x, x, order);
            a.emit(op, x, x, spare.as(Width.X));
        }
    }

    /// Folds the lanes of doubles into the first.
    static void foldDoubles(Assembler a, VectorOp op, Vec value, Vec spare) {
        Vec x = halves(a, op, value, spare);
        a.emit(VectorOp.VUNPCKHPD, spare.as(Width.X), x, x);
        a.emit(op, x, x, spare.as(Width.X));
    }

    private static Vec halves(Assembler a, VectorOp op, Vec value, Vec spare) {
        if (value.width() == Width.Z) {
            a.extract(VectorOp.VEXTRACTF64X4, spare.as(Width.Y), value, 1);
            a.emit(op, value.as(Width.Y), value.as(Width.Y), spare.as(Width.Y));
        }
        a.extract(VectorOp.VEXTRACTF128, spare.as(Width.X), value.as(Width.Y), 1);
        a.emit(op, value.as(Width.X), value.as(Width.X), spare.as(Width.X));
        return value.as(Width.X);
    }

    /// Puts the upper half of a vector into the lower half of another.
    static void upperHalf(Assembler a, Vec into, Vec from) {
        VectorOp extract = from.width() == Width.Z ? VectorOp.VEXTRACTF64X4 : VectorOp.VEXTRACTF128;
        a.extract(extract, into.as(from.width().half()), from, 1);
    }

    /// `low += lower half of floats`, `high += upper half`, in double.
    static void addFloats(Assembler a, Vec floats, Vec low, Vec high, Vec spare) {
        Width half = floats.width().half();
        a.emit(VectorOp.VCVTPS2PD, spare, floats.as(half));
        a.emit(VectorOp.VADDPD, low, low, spare);
        upperHalf(a, spare, floats);
        a.emit(VectorOp.VCVTPS2PD, spare, spare.as(half));
        a.emit(VectorOp.VADDPD, high, high, spare);
    }

    /// Half a vector of elements as doubles, zeros where there are none.
    ///
    /// @param dtype FLOAT32, INT8 or UINT8
    static void loadDoubles(Assembler a, Vec into, Mem from, DType dtype, Lanes lanes) {
        Vec half = into.as(into.width().half());
        if (dtype == DType.FLOAT32) {
            switch (lanes) {
                case ALL -> a.emit(VectorOp.VCVTPS2PD, into, from);
                case MASKED -> a.emit(VectorOp.VCVTPS2PD, into.zeroing(ElementLoop.TAIL), from);
                case SINGLE -> {
                    a.emit(VectorOp.VMOVSS, into.as(Width.X), from);
                    a.emit(VectorOp.VCVTPS2PD, into, half);
                }
            }
            return;
        }
        VectorOp widen = dtype == DType.UINT8 ? VectorOp.VPMOVZXBD : VectorOp.VPMOVSXBD;
        switch (lanes) {
            case ALL -> a.emit(widen, half, from);
            case MASKED -> a.emit(widen, half.zeroing(ElementLoop.TAIL), from);
            case SINGLE -> {
                a.emit(VectorOp.VPBROADCASTB, into.as(Width.X), from);
                a.emit(widen, half, into.as(Width.X));
                a.emit(VectorOp.VANDPS, half, half, first(a, 4));
            }
        }
        a.emit(VectorOp.VCVTDQ2PD, into, half);
    }

    /// A constant of 64 bits in all lanes.
    static Mem constant(Assembler a, Tier tier, long bits) {
        int[] words = new int[tier.lanes()];
        for (int i = 0; i < words.length; i++) {
            words[i] = (int) (i % 2 == 0 ? bits : bits >>> 32);
        }
        return a.constant(words);
    }

    /// A vector without opmasks of bits that are set in the first `bytes` only.
    static Mem first(Assembler a, int bytes) {
        int[] words = new int[Tier.AVX2.lanes()];
        for (int i = 0; i < bytes / 4; i++) {
            words[i] = -1;
        }
        return a.constant(words);
    }
}
