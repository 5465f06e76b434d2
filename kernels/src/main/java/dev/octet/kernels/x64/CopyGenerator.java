package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the function that copies many short runs of bytes: its arguments are the address of a list and the number of
/// its entries. An entry says how often as many bytes are copied, and how far apart; see [Field].
///
/// The end of a run is copied by a piece that overlaps the one before, so that nothing beyond it is touched.
record CopyGenerator() implements Generator {
    /// Numbers of an entry, 64 bits each.
    enum Field {
        FROM,
        TO,
        /// Of a run, at least one.
        BYTES,
        /// Runs, at least one.
        RUNS,
        /// Bytes from one run's source to the next one's.
        FROM_STEP,
        TO_STEP;

        private Mem in(Gpr entry) {
            return Mem.at(entry, 8 * ordinal());
        }
    }

    static final int ENTRY_BYTES = 8 * Field.values().length;

    private static final Gpr LIST = Gpr.R8;
    private static final Gpr ENTRIES = Gpr.R9;
    private static final Gpr FROM = Gpr.RSI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr BYTES = Gpr.RCX;
    private static final Gpr RUNS = Gpr.R10;
    private static final Gpr FROM_STEP = Gpr.R11;
    private static final Gpr TO_STEP = Gpr.R12;
    private static final Gpr SOURCE = Gpr.RAX;
    private static final Gpr TARGET = Gpr.RBX;
    private static final Gpr LEFT = Gpr.R13;
    private static final Vec HEAD = Vec.y(0);
    private static final Vec TAIL = Vec.y(1);

    /// Writes the copying of one run.
    private interface Run {
        void emit(Assembler a);
    }

    @Override
    public void emit(Assembler a) {
        a.mov(LIST, Mem.at(Gpr.RDI));
        a.mov(ENTRIES, Mem.at(Gpr.RDI, 8));
        Label entry = new Label();
        Label done = new Label();
        a.bind(entry);
        a.mov(FROM, Field.FROM.in(LIST));
        a.mov(TO, Field.TO.in(LIST));
        a.mov(BYTES, Field.BYTES.in(LIST));
        a.mov(RUNS, Field.RUNS.in(LIST));
        a.mov(FROM_STEP, Field.FROM_STEP.in(LIST));
        a.mov(TO_STEP, Field.TO_STEP.in(LIST));
        runs(a, 32, CopyGenerator::vectors, done);
        runs(a, 16, c -> ends(c, 16, VectorOp.VMOVUPS, VectorOp.VMOVUPS_STORE), done);
        runs(a, 8, c -> ends(c, 8, VectorOp.VMOVQ, VectorOp.VMOVQ_STORE), done);
        runs(a, 4, c -> ends(c, 4, VectorOp.VMOVSS, VectorOp.VMOVSS_STORE), done);
        runs(a, 1, CopyGenerator::bytes, done);
        a.bind(done);
        a.add(LIST, ENTRY_BYTES);
        a.sub(ENTRIES, 1);
        a.jump(Condition.NOT_ZERO, entry);
    }

    /// All runs of an entry, if they have at least so many bytes.
    private static void runs(Assembler a, int least, Run run, Label done) {
        Label shorter = new Label();
        Label next = new Label();
        a.cmp(BYTES, least);
        a.jump(Condition.LESS, shorter);
        a.bind(next);
        run.emit(a);
        a.add(FROM, FROM_STEP);
        a.add(TO, TO_STEP);
        a.sub(RUNS, 1);
        a.jump(Condition.NOT_ZERO, next);
        a.jump(done);
        a.bind(shorter);
    }

    private static void vectors(Assembler a) {
        Label next = new Label();
        a.mov(SOURCE, FROM);
        a.mov(TARGET, TO);
        a.mov(LEFT, BYTES);
        a.emit(VectorOp.VMOVUPS, TAIL, Mem.at(FROM, BYTES, 1, -32));
        a.bind(next);
        a.emit(VectorOp.VMOVUPS, HEAD, Mem.at(SOURCE));
        a.store(VectorOp.VMOVUPS_STORE, Mem.at(TARGET), HEAD);
        a.add(SOURCE, 32);
        a.add(TARGET, 32);
        a.sub(LEFT, 32);
        a.cmp(LEFT, 32);
        a.jump(Condition.GREATER_EQUAL, next);
        a.store(VectorOp.VMOVUPS_STORE, Mem.at(TO, BYTES, 1, -32), TAIL);
    }

    /// A run of `piece` bytes to twice as many.
    private static void ends(Assembler a, int piece, VectorOp load, VectorOp store) {
        a.emit(load, HEAD.as(Width.X), Mem.at(FROM));
        a.emit(load, TAIL.as(Width.X), Mem.at(FROM, BYTES, 1, -piece));
        a.store(store, Mem.at(TO), HEAD.as(Width.X));
        a.store(store, Mem.at(TO, BYTES, 1, -piece), TAIL.as(Width.X));
    }

    private static void bytes(Assembler a) {
        Label next = new Label();
        a.mov(LEFT, BYTES);
        a.bind(next);
        a.movzxByte(SOURCE, Mem.at(FROM, LEFT, 1, -1));
        a.movByte(Mem.at(TO, LEFT, 1, -1), SOURCE);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_ZERO, next);
    }
}
