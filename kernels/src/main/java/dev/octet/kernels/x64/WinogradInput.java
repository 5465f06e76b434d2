package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.tensor.DType;
import org.jspecify.annotations.Nullable;

/// Writes the function that transforms patches of a channels-last image for [Winograd]: neighbouring tiles of one row
/// of tiles, whose patches overlap. The channels are a multiple of a vector's lanes.
///
/// Floats become floats; bytes, less their zero point, become words, of which the largest is 100 times as large.
///
/// @param bytes type of the bytes, or null for floats
record WinogradInput(Tier tier, @Nullable DType bytes) implements Generator {
    // Arguments, 64 bits each; distances are in bytes.
    static final int X = 0;
    static final int X_ROW = 1;
    static final int X_PIXEL = 2;
    static final int TILES = 3;

    /// Where element 0 of the first tile's transformed patch goes; tiles follow each other at a pixel's distance.
    static final int V = 4;

    /// From an element of a transformed patch to the next.
    static final int V_PLANE = 5;

    /// Address of memory for a patch of one vector.
    static final int SCRATCH = 6;

    /// Address of a vector of words, each the zero point of the bytes.
    static final int ZERO_POINT = 7;

    /// Register of the zero points.
    private static final int ZERO_POINTS = 13;

    private static final Gpr AT_X = Gpr.RSI;
    private static final Gpr ROW = Gpr.R8;
    private static final Gpr PIXEL = Gpr.R9;
    private static final Gpr COLUMN = Gpr.RAX;
    private static final Gpr COLUMN3 = Gpr.RBX;
    private static final Gpr AT_V = Gpr.RDX;
    private static final Gpr INTO = Gpr.RCX;
    private static final Gpr PLANE = Gpr.R10;
    private static final Gpr PLANE3 = Gpr.R11;
    private static final Gpr PLANE5 = Gpr.R12;
    private static final Gpr PATCH = Gpr.R13;
    private static final Gpr TILES_LEFT = Gpr.R14;
    private static final Gpr CHANNEL_BYTES = Gpr.R15;

    /// Registers of the transformed elements.
    private static final int[] RESULTS = {6, 10, 11, 12, 8, 7};

    private static Mem argument(int index) {
        return Mem.at(Gpr.RDI, 8 * index);
    }

    @Override
    public void emit(Assembler a) {
        a.mov(AT_X, argument(X));
        a.mov(ROW, argument(X_ROW));
        a.mov(PIXEL, argument(X_PIXEL));
        a.mov(AT_V, argument(V));
        a.mov(PLANE, argument(V_PLANE));
        a.mov(PATCH, argument(SCRATCH));
        a.mov(TILES_LEFT, argument(TILES));
        if (bytes != null) {
            a.mov(COLUMN, argument(ZERO_POINT));
            a.emit(VectorOp.VMOVUPS, v(ZERO_POINTS), Mem.at(COLUMN));
        }
        a.lea(PLANE3, Mem.at(PLANE, PLANE, 2, 0));
        a.lea(PLANE5, Mem.at(PLANE, PLANE, 4, 0));
        Label tile = new Label();
        Label vector = new Label();
        a.bind(tile);
        a.mov(CHANNEL_BYTES, PIXEL);
        a.bind(vector);
        columns(a);
        rows(a);
        a.add(AT_X, bytesRead());
        a.add(AT_V, tier.width.bytes);
        a.sub(CHANNEL_BYTES, bytesRead());
        a.jump(Condition.GREATER, vector);
        // Past the channels: at the next pixel, one of the tile's four.
        for (int pixel = 1; pixel < Winograd.TILE; pixel++) {
            a.add(AT_X, PIXEL);
        }
        a.sub(TILES_LEFT, 1);
        a.jump(Condition.NOT_ZERO, tile);
    }

    /// Down each column of the patch, to the scratch memory.
    private void columns(Assembler a) {
        a.mov(COLUMN, AT_X);
        for (int x = 0; x < Winograd.PATCH; x++) {
            a.lea(COLUMN3, Mem.at(COLUMN, ROW, 2, 0));
            a.add(COLUMN3, ROW);
            for (int y = 0; y < Winograd.PATCH; y++) {
                Gpr base = y < 3 ? COLUMN : COLUMN3;
                load(a, tier.vec(y), y % 3 == 0 ? Mem.at(base) : Mem.at(base, ROW, y % 3, 0));
            }
            transform(a);
            for (int y = 0; y < Winograd.PATCH; y++) {
                a.store(VectorOp.VMOVUPS_STORE, scratch(y, x), tier.vec(RESULTS[y]));
            }
            a.add(COLUMN, PIXEL);
        }
    }

    /// What becomes a vector.
    private int bytesRead() {
        return bytes == null ? tier.width.bytes : tier.width.bytes / 2;
    }

    private void load(Assembler a, Vec to, Mem from) {
        if (bytes == null) {
            a.emit(VectorOp.VMOVUPS, to, from);
        } else {
            a.emit(bytes == DType.INT8 ? VectorOp.VPMOVSXBW : VectorOp.VPMOVZXBW, to, from);
            a.emit(VectorOp.VPSUBW, to, to, v(ZERO_POINTS));
        }
    }

    /// Along each row, from there to where the products find it.
    private void rows(Assembler a) {
        a.mov(INTO, AT_V);
        Mem[] to = {
            Mem.at(INTO),
            Mem.at(INTO, PLANE, 1, 0),
            Mem.at(INTO, PLANE, 2, 0),
            Mem.at(INTO, PLANE3, 1, 0),
            Mem.at(INTO, PLANE, 4, 0),
            Mem.at(INTO, PLANE5, 1, 0)
        };
        for (int y = 0; y < Winograd.PATCH; y++) {
            for (int x = 0; x < Winograd.PATCH; x++) {
                a.emit(VectorOp.VMOVUPS, tier.vec(x), scratch(y, x));
            }
            transform(a);
            for (int x = 0; x < Winograd.PATCH; x++) {
                a.store(VectorOp.VMOVUPS_STORE, to[x], tier.vec(RESULTS[x]));
            }
            a.lea(INTO, Mem.at(INTO, PLANE3, 2, 0));
        }
    }

    private Mem scratch(int y, int x) {
        return Mem.at(PATCH, (y * Winograd.PATCH + x) * tier.width.bytes);
    }

    /// Of the first six registers, to [#RESULTS].
    private void transform(Assembler a) {
        if (bytes == null) {
            transformFloats(a);
        } else {
            transformWords(a);
        }
    }

    private void transformWords(Assembler a) {
        VectorOp add = VectorOp.VPADDW;
        VectorOp subtract = VectorOp.VPSUBW;
        times(a, v(9), v(2), 4);
        a.emit(subtract, v(8), v(4), v(9));
        times(a, v(9), v(0), 4);
        a.emit(add, v(6), v(8), v(9));
        a.emit(subtract, v(6), v(6), v(2));
        a.emit(subtract, v(9), v(1), v(3));
        times(a, v(9), v(9), 4);
        a.emit(subtract, v(7), v(5), v(3));
        a.emit(add, v(7), v(7), v(9));
        times(a, v(9), v(1), 4);
        a.emit(subtract, v(9), v(3), v(9));
        a.emit(add, v(10), v(8), v(9));
        a.emit(subtract, v(11), v(8), v(9));
        a.emit(subtract, v(8), v(4), v(2));
        a.emit(subtract, v(9), v(3), v(1));
        times(a, v(9), v(9), 2);
        a.emit(add, v(12), v(8), v(9));
        a.emit(subtract, v(8), v(8), v(9));
    }

    /// Words times 2 or 4.
    private static void times(Assembler a, Vec to, Vec from, int factor) {
        a.emit(VectorOp.VPADDW, to, from, from);
        if (factor == 4) {
            a.emit(VectorOp.VPADDW, to, to, to);
        }
    }

    private void transformFloats(Assembler a) {
        Mem two = a.constant(tier.width, 2f);
        Mem four = a.constant(tier.width, 4f);
        Mem five = a.constant(tier.width, 5f);
        a.emit(VectorOp.VMOVUPS, v(6), v(4));
        a.emit(VectorOp.VFMADD231PS, v(6), v(0), four);
        a.emit(VectorOp.VFNMADD231PS, v(6), v(2), five);
        a.emit(VectorOp.VMOVUPS, v(7), v(5));
        a.emit(VectorOp.VFMADD231PS, v(7), v(1), four);
        a.emit(VectorOp.VFNMADD231PS, v(7), v(3), five);
        a.emit(VectorOp.VMOVUPS, v(8), v(4));
        a.emit(VectorOp.VFNMADD231PS, v(8), v(2), four);
        a.emit(VectorOp.VMOVUPS, v(9), v(3));
        a.emit(VectorOp.VFNMADD231PS, v(9), v(1), four);
        a.emit(VectorOp.VADDPS, v(10), v(8), v(9));
        a.emit(VectorOp.VSUBPS, v(11), v(8), v(9));
        a.emit(VectorOp.VSUBPS, v(8), v(4), v(2));
        a.emit(VectorOp.VSUBPS, v(9), v(3), v(1));
        a.emit(VectorOp.VMOVUPS, v(12), v(8));
        a.emit(VectorOp.VFMADD231PS, v(12), v(9), two);
        a.emit(VectorOp.VFNMADD231PS, v(8), v(9), two);
    }

    private Vec v(int index) {
        return tier.vec(index);
    }
}
