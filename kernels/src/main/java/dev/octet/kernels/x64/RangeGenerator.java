package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes a function that finds the least and the greatest of FLOAT32 elements and zero. NaN does not count.
///
/// The block of arguments holds 64-bit numbers: how many elements, their address, and then receives both results as
/// floats.
record RangeGenerator(Tier tier) implements Generator {
    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr X = Gpr.RSI;

    /// Argument that receives the least; the greatest follows.
    static final int LEAST = 2;

    @Override
    public void emit(Assembler a) {
        Vec least = tier.vec(0);
        Vec most = tier.vec(1);
        Vec value = tier.vec(2);
        a.mov(COUNT, Mem.at(Gpr.RDI));
        a.mov(X, Mem.at(Gpr.RDI, 8));
        a.emit(VectorOp.VXORPS, least, least, least);
        a.emit(VectorOp.VXORPS, most, most, most);
        ElementLoop.write(
                a,
                tier,
                INDEX,
                COUNT,
                LIMIT,
                tier.lanes(),
                lanes -> {
                    Mem element = Mem.at(X, INDEX, 4, 0);
                    // Where there is no element the value is zero, which counts anyway.
                    switch (lanes) {
                        case ALL -> a.emit(VectorOp.VMOVUPS, value, element);
                        case MASKED -> a.emit(VectorOp.VMOVUPS, value.zeroing(ElementLoop.TAIL), element);
                        case SINGLE -> a.emit(VectorOp.VMOVSS, value.as(Width.X), element);
                    }
                    // The second operand is the result if the first is NaN.
                    a.emit(VectorOp.VMINPS, least, value, least);
                    a.emit(VectorOp.VMAXPS, most, value, most);
                });
        Reductions.foldFloats(a, VectorOp.VMINPS, least, value);
        Reductions.foldFloats(a, VectorOp.VMAXPS, most, value);
        a.store(VectorOp.VMOVSS_STORE, Mem.at(Gpr.RDI, 8 * LEAST), least.as(Width.X));
        a.store(VectorOp.VMOVSS_STORE, Mem.at(Gpr.RDI, 8 * LEAST + 8), most.as(Width.X));
    }
}
