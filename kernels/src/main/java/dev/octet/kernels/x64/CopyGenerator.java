package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the function that copies many short runs of bytes: its arguments are the address of a list and the number of
/// its entries. An entry is three numbers of 64 bits: where from, where to, how many bytes, at least one.
///
/// The end of a run is copied by a piece that overlaps the one before, so that nothing beyond it is touched.
record CopyGenerator() implements Generator {
    static final int ENTRY_BYTES = 24;

    private static final Gpr LIST = Gpr.R8;
    private static final Gpr ENTRIES = Gpr.R9;
    private static final Gpr FROM = Gpr.RSI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr LEFT = Gpr.RCX;
    private static final Vec HEAD = Vec.y(0);
    private static final Vec TAIL = Vec.y(1);

    @Override
    public void emit(Assembler a) {
        a.mov(LIST, Mem.at(Gpr.RDI));
        a.mov(ENTRIES, Mem.at(Gpr.RDI, 8));
        Label entry = new Label();
        Label done = new Label();
        a.bind(entry);
        a.mov(FROM, Mem.at(LIST));
        a.mov(TO, Mem.at(LIST, 8));
        a.mov(LEFT, Mem.at(LIST, 16));
        Label shorter = new Label();
        a.cmp(LEFT, 32);
        a.jump(Condition.LESS, shorter);
        vectors(a);
        a.jump(done);
        a.bind(shorter);
        halves(a, 16, VectorOp.VMOVUPS, VectorOp.VMOVUPS_STORE, done);
        halves(a, 8, VectorOp.VMOVQ, VectorOp.VMOVQ_STORE, done);
        halves(a, 4, VectorOp.VMOVSS, VectorOp.VMOVSS_STORE, done);
        bytes(a);
        a.bind(done);
        a.add(LIST, ENTRY_BYTES);
        a.sub(ENTRIES, 1);
        a.jump(Condition.NOT_ZERO, entry);
    }

    private static void vectors(Assembler a) {
        Label next = new Label();
        a.lea(Gpr.RAX, Mem.at(FROM, LEFT, 1, -32));
        a.lea(Gpr.RBX, Mem.at(TO, LEFT, 1, -32));
        a.emit(VectorOp.VMOVUPS, TAIL, Mem.at(Gpr.RAX));
        a.bind(next);
        a.emit(VectorOp.VMOVUPS, HEAD, Mem.at(FROM));
        a.store(VectorOp.VMOVUPS_STORE, Mem.at(TO), HEAD);
        a.add(FROM, 32);
        a.add(TO, 32);
        a.sub(LEFT, 32);
        a.cmp(LEFT, 32);
        a.jump(Condition.GREATER_EQUAL, next);
        a.store(VectorOp.VMOVUPS_STORE, Mem.at(Gpr.RBX), TAIL);
    }

    /// Runs of `piece` bytes to twice as many.
    private static void halves(Assembler a, int piece, VectorOp load, VectorOp store, Label done) {
        Label shorter = new Label();
        a.cmp(LEFT, piece);
        a.jump(Condition.LESS, shorter);
        a.emit(load, HEAD.as(Width.X), Mem.at(FROM));
        a.emit(load, TAIL.as(Width.X), Mem.at(FROM, LEFT, 1, -piece));
        a.store(store, Mem.at(TO), HEAD.as(Width.X));
        a.store(store, Mem.at(TO, LEFT, 1, -piece), TAIL.as(Width.X));
        a.jump(done);
        a.bind(shorter);
    }

    private static void bytes(Assembler a) {
        Label next = new Label();
        a.bind(next);
        a.movzxByte(Gpr.RAX, Mem.at(FROM));
        a.movByte(Mem.at(TO), Gpr.RAX);
        a.add(FROM, 1);
        a.add(TO, 1);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_ZERO, next);
    }
}
