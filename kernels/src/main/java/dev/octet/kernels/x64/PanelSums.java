package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the function that sums the signed bytes of each column of packed panels. Its arguments are the address of
/// panels that lie one behind the other, their number, their steps, and where the sums go, INT32.
///
/// @param columns of a panel
record PanelSums(int columns) implements Generator {
    private static final Gpr FROM = Gpr.RSI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr PANELS = Gpr.R8;
    private static final Gpr STEPS = Gpr.R9;
    private static final Gpr COUNT = Gpr.RCX;

    @Override
    public void emit(Assembler a) {
        int vectors = columns / 8;
        Vec ones = Vec.y(vectors);
        Vec wideOnes = Vec.y(vectors + 1);
        Vec part = Vec.y(vectors + 2);
        a.mov(FROM, Mem.at(Gpr.RDI));
        a.mov(PANELS, Mem.at(Gpr.RDI, 8));
        a.mov(STEPS, Mem.at(Gpr.RDI, 16));
        a.mov(TO, Mem.at(Gpr.RDI, 24));
        a.emit(VectorOp.VMOVUPS, ones, a.constant(Width.Y, 0x01010101));
        a.emit(VectorOp.VMOVUPS, wideOnes, a.constant(Width.Y, 0x00010001));
        Label panel = new Label();
        Label step = new Label();
        a.bind(panel);
        for (int v = 0; v < vectors; v++) {
            a.emit(VectorOp.VPXOR, Vec.y(v), Vec.y(v), Vec.y(v));
        }
        a.mov(COUNT, STEPS);
        a.bind(step);
        for (int v = 0; v < vectors; v++) {
            a.emit(VectorOp.VPMADDUBSW, part, ones, Mem.at(FROM, 32 * v));
            a.emit(VectorOp.VPMADDWD, part, part, wideOnes);
            a.emit(VectorOp.VPADDD, Vec.y(v), Vec.y(v), part);
        }
        a.add(FROM, 4 * columns);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, step);
        for (int v = 0; v < vectors; v++) {
            a.store(VectorOp.VMOVDQU_STORE, Mem.at(TO, 32 * v), Vec.y(v));
        }
        a.add(TO, 4 * columns);
        a.sub(PANELS, 1);
        a.jump(Condition.NOT_ZERO, panel);
    }
}
