package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Arithmetic;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the function that packs a panel of a B known at run time only, as [PackedPanels] has it. Columns that are not
/// there stay as they were: nothing of theirs is stored.
///
/// @param columns of a panel
/// @param transposed whether B lies as `[N, K]`
/// @param bytes whether B is of bytes, four of which are a step; else of floats
/// @param flipped whether 128 is subtracted from each byte
record PanelPacker(int columns, boolean transposed, boolean bytes, boolean flipped) implements Generator {
    /// Arguments, 64 bits each, in the order of their block.
    enum Argument {
        SOURCE,
        /// Bytes from row to row as they lie in memory.
        STRIDE,
        /// Columns of this panel, at least one.
        COLUMNS,
        /// Indices of K.
        LENGTH,
        TARGET;

        int offset() {
            return 8 * ordinal();
        }

        Mem in(Gpr block) {
            return Mem.at(block, offset());
        }
    }

    private static final int BLOCK = 4;
    private static final int SIGNS = 0x80808080;

    private static final Gpr ROW = Gpr.RSI;
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr STRIDE = Gpr.R8;
    private static final Gpr COLUMNS = Gpr.R9;
    private static final Gpr LENGTH = Gpr.R10;
    private static final Gpr FROM = Gpr.R11;
    private static final Gpr INTO = Gpr.R12;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr STRIDE3 = Gpr.R13;
    private static final Gpr VALUE = Gpr.RAX;
    private static final Gpr PART = Gpr.RBX;
    private static final Gpr BYTES = Gpr.R14;
    private static final Gpr AT = Gpr.R15;

    private int stepBytes() {
        return 4 * columns;
    }

    @Override
    public void emit(Assembler a) {
        a.mov(ROW, Argument.SOURCE.in(Gpr.RDI));
        a.mov(STRIDE, Argument.STRIDE.in(Gpr.RDI));
        a.mov(COLUMNS, Argument.COLUMNS.in(Gpr.RDI));
        a.mov(LENGTH, Argument.LENGTH.in(Gpr.RDI));
        a.mov(TO, Argument.TARGET.in(Gpr.RDI));
        a.lea(STRIDE3, Mem.at(STRIDE, STRIDE, 2, 0));
        if (transposed) {
            transposed(a);
        } else if (bytes) {
            bytes(a);
        } else {
            floats(a);
        }
    }

    /// Columns are rows in memory: blocks of four by four steps change places, the rest goes one by one.
    private void transposed(Assembler a) {
        Label four = new Label();
        Label few = new Label();
        Label one = new Label();
        Label done = new Label();
        a.bind(four);
        a.cmp(COLUMNS, BLOCK);
        a.jump(Condition.LESS, few);
        columnBlock(a);
        a.lea(ROW, Mem.at(ROW, STRIDE, 4, 0));
        a.add(TO, 4 * BLOCK);
        a.sub(COLUMNS, BLOCK);
        a.jump(four);
        a.bind(few);
        a.test(COLUMNS, COLUMNS);
        a.jump(Condition.ZERO, done);
        a.bind(one);
        a.mov(FROM, ROW);
        a.mov(INTO, TO);
        wholeSteps(a);
        steps(a);
        a.add(ROW, STRIDE);
        a.add(TO, 4);
        a.sub(COLUMNS, 1);
        a.jump(Condition.NOT_ZERO, one);
        a.bind(done);
    }

    private void wholeSteps(Assembler a) {
        a.mov(COUNT, LENGTH);
        if (bytes) {
            a.shiftRight(COUNT, 2);
        }
    }

    private void columnBlock(Assembler a) {
        Label block = new Label();
        Label rest = new Label();
        a.mov(FROM, ROW);
        a.mov(INTO, TO);
        wholeSteps(a);
        a.bind(block);
        a.cmp(COUNT, BLOCK);
        a.jump(Condition.LESS, rest);
        transposeBlock(a);
        a.add(FROM, 4 * BLOCK);
        a.add(INTO, BLOCK * stepBytes());
        a.sub(COUNT, BLOCK);
        a.jump(block);
        a.bind(rest);
        // The steps that are left, column by column.
        a.mov(BYTES, COUNT);
        a.mov(AT, FROM);
        a.mov(Gpr.RBP, INTO);
        for (int i = 0; i < BLOCK; i++) {
            a.mov(COUNT, BYTES);
            a.mov(FROM, AT);
            a.lea(INTO, Mem.at(Gpr.RBP, 4 * i));
            steps(a);
            a.add(AT, STRIDE);
        }
    }

    private void transposeBlock(Assembler a) {
        Mem[] rows = {
            Mem.at(FROM), Mem.at(FROM, STRIDE, 1, 0), Mem.at(FROM, STRIDE, 2, 0), Mem.at(FROM, STRIDE3, 1, 0)
        };
        for (int i = 0; i < BLOCK; i++) {
            a.emit(VectorOp.VMOVUPS, Vec.x(i), rows[i]);
        }
        a.emit(VectorOp.VUNPCKLPS, Vec.x(4), Vec.x(0), Vec.x(1));
        a.emit(VectorOp.VUNPCKHPS, Vec.x(5), Vec.x(0), Vec.x(1));
        a.emit(VectorOp.VUNPCKLPS, Vec.x(6), Vec.x(2), Vec.x(3));
        a.emit(VectorOp.VUNPCKHPS, Vec.x(7), Vec.x(2), Vec.x(3));
        a.emit(VectorOp.VUNPCKLPD, Vec.x(0), Vec.x(4), Vec.x(6));
        a.emit(VectorOp.VUNPCKHPD, Vec.x(1), Vec.x(4), Vec.x(6));
        a.emit(VectorOp.VUNPCKLPD, Vec.x(2), Vec.x(5), Vec.x(7));
        a.emit(VectorOp.VUNPCKHPD, Vec.x(3), Vec.x(5), Vec.x(7));
        for (int i = 0; i < BLOCK; i++) {
            flip(a, Vec.x(i));
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(INTO, i * stepBytes()), Vec.x(i));
        }
    }

    private void flip(Assembler a, Vec x) {
        if (flipped) {
            a.emit(VectorOp.VPXOR, x, x, a.constant(Width.X, SIGNS));
        }
    }

    /// COUNT steps of one column, and the bytes behind the last whole step.
    private void steps(Assembler a) {
        Label next = new Label();
        Label done = new Label();
        a.test(COUNT, COUNT);
        a.jump(Condition.ZERO, done);
        a.bind(next);
        a.mov32(VALUE, Mem.at(FROM));
        store(a);
        a.add(FROM, 4);
        a.add(INTO, stepBytes());
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, next);
        a.bind(done);
        if (bytes) {
            Label whole = new Label();
            a.mov(COUNT, LENGTH);
            a.arithmetic(Arithmetic.AND, COUNT, 3);
            a.jump(Condition.ZERO, whole);
            a.add(FROM, COUNT);
            gather(a, -1);
            a.bind(whole);
        }
    }

    /// A step of COUNT bytes, the last one before FROM; the one before it lies `stride` bytes further, or STRIDE before
    /// it if that is 0.
    private void gather(Assembler a, int stride) {
        Label next = new Label();
        a.mov(VALUE, 0);
        a.bind(next);
        if (stride == 0) {
            a.sub(FROM, STRIDE);
        } else {
            a.add(FROM, stride);
        }
        a.shiftLeft(VALUE, 8);
        a.movzxByte(PART, Mem.at(FROM));
        a.arithmetic(Arithmetic.OR, VALUE, PART);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, next);
        store(a);
    }

    private void store(Assembler a) {
        if (flipped) {
            // The sign of a constant of 32 bits would fill the upper half, which is not stored.
            a.arithmetic(Arithmetic.XOR, VALUE, SIGNS);
        }
        a.mov32(Mem.at(INTO), VALUE);
    }

    /// Rows of floats are copied.
    private void floats(Assembler a) {
        Label row = new Label();
        Label next = new Label();
        a.bind(row);
        a.mov(FROM, ROW);
        a.mov(INTO, TO);
        a.mov(COUNT, COLUMNS);
        Label copied = new Label();
        a.cmp(COUNT, columns);
        a.jump(Condition.LESS, next);
        for (int at = 0; at < stepBytes(); at += Width.Y.bytes) {
            a.emit(VectorOp.VMOVUPS, Vec.y(0), Mem.at(FROM, at));
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(INTO, at), Vec.y(0));
        }
        a.jump(copied);
        a.bind(next);
        a.mov32(VALUE, Mem.at(FROM));
        a.mov32(Mem.at(INTO), VALUE);
        a.add(FROM, 4);
        a.add(INTO, 4);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, next);
        a.bind(copied);
        a.add(ROW, STRIDE);
        a.add(TO, stepBytes());
        a.sub(LENGTH, 1);
        a.jump(Condition.NOT_ZERO, row);
    }

    /// Four rows of bytes at a time are interleaved, 16 columns at once where there are.
    private void bytes(Assembler a) {
        Label step = new Label();
        Label sixteen = new Label();
        Label few = new Label();
        Label one = new Label();
        Label next = new Label();
        a.bind(step);
        a.mov(FROM, ROW);
        a.mov(INTO, TO);
        a.mov(BYTES, COLUMNS);
        a.cmp(LENGTH, 4);
        a.jump(Condition.LESS, few);
        a.bind(sixteen);
        a.cmp(BYTES, 16);
        a.jump(Condition.LESS, few);
        interleave(a);
        a.add(FROM, 16);
        a.add(INTO, 64);
        a.sub(BYTES, 16);
        a.jump(sixteen);
        a.bind(few);
        a.test(BYTES, BYTES);
        a.jump(Condition.ZERO, next);
        a.bind(one);
        column(a);
        a.add(INTO, 4);
        a.sub(BYTES, 1);
        a.jump(Condition.NOT_ZERO, one);
        a.bind(next);
        a.lea(ROW, Mem.at(ROW, STRIDE, 4, 0));
        a.add(TO, stepBytes());
        a.sub(LENGTH, 4);
        a.jump(Condition.GREATER, step);
    }

    /// A step of the column at FROM, which moves to the next column.
    private void column(Assembler a) {
        Label whole = new Label();
        a.mov(AT, FROM);
        a.mov(COUNT, LENGTH);
        a.cmp(COUNT, 4);
        a.jump(Condition.LESS, whole);
        a.mov(COUNT, 4);
        a.bind(whole);
        a.mov(PART, COUNT);
        a.multiply(PART, STRIDE);
        a.add(FROM, PART);
        gather(a, 0);
        a.lea(FROM, Mem.at(AT, 1));
    }

    private void interleave(Assembler a) {
        a.emit(VectorOp.VMOVUPS, Vec.x(0), Mem.at(FROM));
        a.emit(VectorOp.VMOVUPS, Vec.x(1), Mem.at(FROM, STRIDE, 1, 0));
        a.emit(VectorOp.VMOVUPS, Vec.x(2), Mem.at(FROM, STRIDE, 2, 0));
        a.emit(VectorOp.VMOVUPS, Vec.x(3), Mem.at(FROM, STRIDE3, 1, 0));
        a.emit(VectorOp.VPUNPCKLBW, Vec.x(4), Vec.x(0), Vec.x(1));
        a.emit(VectorOp.VPUNPCKHBW, Vec.x(5), Vec.x(0), Vec.x(1));
        a.emit(VectorOp.VPUNPCKLBW, Vec.x(6), Vec.x(2), Vec.x(3));
        a.emit(VectorOp.VPUNPCKHBW, Vec.x(7), Vec.x(2), Vec.x(3));
        a.emit(VectorOp.VPUNPCKLWD, Vec.x(0), Vec.x(4), Vec.x(6));
        a.emit(VectorOp.VPUNPCKHWD, Vec.x(1), Vec.x(4), Vec.x(6));
        a.emit(VectorOp.VPUNPCKLWD, Vec.x(2), Vec.x(5), Vec.x(7));
        a.emit(VectorOp.VPUNPCKHWD, Vec.x(3), Vec.x(5), Vec.x(7));
        for (int i = 0; i < 4; i++) {
            flip(a, Vec.x(i));
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(INTO, 16 * i), Vec.x(i));
        }
    }
}
