package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Arithmetic;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the function that reads rows of bytes and makes what a product needs of them: bytes that count from 0, in
/// rows of whole steps, the sum of each row, and whether any byte is above 127.
///
/// A number is added to each byte, modulo 2⁸: 128 turns signed bytes into unsigned ones.
///
/// @param form what is stored
/// @param sums whether rows are summed
record RowPacker(Form form, boolean sums) implements Generator {
    enum Form {
        /// Nothing: rows are only looked at.
        NONE,
        /// The bytes, zeros up to a whole step.
        BYTES,
        /// Their low seven bits, and apart from these the eighth as 0 or 1.
        PLANES
    }

    /// Arguments, 64 bits each, in the order of their block.
    enum Argument {
        SOURCE,
        /// Bytes from row to row.
        SOURCE_STRIDE,
        ROWS,
        /// Bytes of a row, at least one.
        BYTES,
        /// What is added, 0 to 255.
        SHIFT,
        /// Where bytes, or their low bits, go.
        LOW,
        /// Where the eighth bits go.
        HIGH,
        /// Bytes from row to row of both.
        STRIDE,
        /// Where sums go, INT32.
        SUMS,
        /// Result: not zero if a byte is above 127.
        ABOVE,
        /// Working memory.
        PARTS0,
        PARTS1,
        PARTS2,
        PARTS3;

        int offset() {
            return 8 * ordinal();
        }

        Mem in(Gpr block) {
            return Mem.at(block, offset());
        }
    }

    private static final Gpr FROM = Gpr.RSI;
    private static final Gpr LOW = Gpr.RDX;
    private static final Gpr HIGH = Gpr.R8;
    private static final Gpr LEFT = Gpr.RCX;
    private static final Gpr SEEN = Gpr.R9;
    private static final Gpr SUM = Gpr.R10;
    private static final Gpr ROW = Gpr.R11;
    private static final Gpr ROWS = Gpr.R12;
    private static final Gpr LOW_ROW = Gpr.R13;
    private static final Gpr HIGH_ROW = Gpr.R14;
    private static final Gpr SHIFT = Gpr.R15;
    private static final Gpr SUMS = Gpr.RBP;

    private static final Vec ALL = Vec.y(0);
    private static final Vec ADDED = Vec.y(1);
    private static final Vec ZERO = Vec.y(2);
    private static final Vec TOTALS = Vec.y(3);
    private static final Vec X = Vec.y(4);
    private static final Vec Y = Vec.y(5);
    private static final Vec ADDED_STEP = Vec.x(6);

    @Override
    public void emit(Assembler a) {
        load(a);
        Label row = new Label();
        a.bind(row);
        a.mov(FROM, ROW);
        a.mov(LOW, LOW_ROW);
        a.mov(HIGH, HIGH_ROW);
        a.mov(LEFT, Argument.BYTES.in(Gpr.RDI));
        if (sums) {
            a.mov(SUM, 0);
            a.emit(VectorOp.VPXOR, TOTALS, TOTALS, TOTALS);
        }
        vectors(a);
        rest(a);
        if (sums) {
            storeSum(a);
        }
        a.arithmetic(Arithmetic.ADD, ROW, Argument.SOURCE_STRIDE.in(Gpr.RDI));
        a.arithmetic(Arithmetic.ADD, LOW_ROW, Argument.STRIDE.in(Gpr.RDI));
        a.arithmetic(Arithmetic.ADD, HIGH_ROW, Argument.STRIDE.in(Gpr.RDI));
        a.sub(ROWS, 1);
        a.jump(Condition.NOT_ZERO, row);
        a.signs(Gpr.RAX, ALL);
        a.arithmetic(Arithmetic.AND, SEEN, 0x80);
        a.arithmetic(Arithmetic.OR, Gpr.RAX, SEEN);
        a.mov(Argument.ABOVE.in(Gpr.RDI), Gpr.RAX);
    }

    private void load(Assembler a) {
        a.mov(ROW, Argument.SOURCE.in(Gpr.RDI));
        a.mov(ROWS, Argument.ROWS.in(Gpr.RDI));
        a.mov(LOW_ROW, Argument.LOW.in(Gpr.RDI));
        a.mov(HIGH_ROW, Argument.HIGH.in(Gpr.RDI));
        a.mov(SUMS, Argument.SUMS.in(Gpr.RDI));
        a.mov(SHIFT, Argument.SHIFT.in(Gpr.RDI));
        a.mov(SEEN, 0);
        a.multiply(Gpr.RAX, SHIFT, 0x01010101);
        a.mov(Argument.PARTS0.in(Gpr.RDI), Gpr.RAX);
        a.emit(VectorOp.VPBROADCASTD, ADDED, Argument.PARTS0.in(Gpr.RDI));
        a.emit(VectorOp.VMOVSS, ADDED_STEP, Argument.PARTS0.in(Gpr.RDI));
        a.emit(VectorOp.VPXOR, ALL, ALL, ALL);
        a.emit(VectorOp.VPXOR, ZERO, ZERO, ZERO);
    }

    private void vectors(Assembler a) {
        pieces(a, 32, Width.Y, VectorOp.VMOVDQU, VectorOp.VMOVDQU_STORE);
        pieces(a, 16, Width.X, VectorOp.VMOVDQU, VectorOp.VMOVDQU_STORE);
        pieces(a, 4, Width.X, VectorOp.VMOVSS, VectorOp.VMOVSS_STORE);
    }

    /// As many whole pieces as there are.
    private void pieces(Assembler a, int bytes, Width width, VectorOp load, VectorOp store) {
        Label next = new Label();
        Label done = new Label();
        Vec x = X.as(width);
        Vec y = Y.as(width);
        a.sub(LEFT, bytes);
        a.jump(Condition.LESS, done);
        a.bind(next);
        a.emit(load, x, Mem.at(FROM));
        // A piece of four bytes has zeros behind it, as what is added has.
        a.emit(VectorOp.VPADDB, x, x, bytes == 4 ? ADDED_STEP : ADDED.as(width));
        a.emit(VectorOp.VPOR, ALL, ALL, X);
        if (sums) {
            a.emit(VectorOp.VPSADBW, Y, X, ZERO);
            a.emit(VectorOp.VPADDQ, TOTALS, TOTALS, Y);
        }
        switch (form) {
            case NONE -> {}
            case BYTES -> a.store(store, Mem.at(LOW), x);
            case PLANES -> {
                a.emit(VectorOp.VPAND, y, x, a.constant(Width.Y, 0x80808080));
                a.emit(VectorOp.VPMINUB, y, y, a.constant(Width.Y, 0x01010101));
                a.emit(VectorOp.VPAND, x, x, a.constant(Width.Y, 0x7F7F7F7F));
                a.store(store, Mem.at(HIGH), y);
                a.store(store, Mem.at(LOW), x);
            }
        }
        a.add(FROM, bytes);
        a.add(LOW, bytes);
        a.add(HIGH, bytes);
        a.sub(LEFT, bytes);
        a.jump(Condition.GREATER_EQUAL, next);
        a.bind(done);
        a.add(LEFT, bytes);
    }

    /// The bytes behind the last whole step, one by one.
    private void rest(Assembler a) {
        Label next = new Label();
        Label done = new Label();
        a.test(LEFT, LEFT);
        a.jump(Condition.ZERO, done);
        clearLastStep(a);
        a.bind(next);
        a.movzxByte(Gpr.RAX, Mem.at(FROM));
        a.add(Gpr.RAX, SHIFT);
        a.arithmetic(Arithmetic.AND, Gpr.RAX, 0xFF);
        a.arithmetic(Arithmetic.OR, SEEN, Gpr.RAX);
        if (sums) {
            a.add(SUM, Gpr.RAX);
        }
        if (form == Form.PLANES) {
            a.mov(Gpr.RBX, Gpr.RAX);
            a.shiftRight(Gpr.RBX, 7);
            a.movByte(Mem.at(HIGH), Gpr.RBX);
            a.arithmetic(Arithmetic.AND, Gpr.RAX, 0x7F);
        }
        if (form != Form.NONE) {
            a.movByte(Mem.at(LOW), Gpr.RAX);
        }
        a.add(FROM, 1);
        a.add(LOW, 1);
        a.add(HIGH, 1);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_ZERO, next);
        a.bind(done);
    }

    private void clearLastStep(Assembler a) {
        if (form == Form.NONE) {
            return;
        }
        a.mov(Gpr.RBX, 0);
        a.mov32(Mem.at(LOW), Gpr.RBX);
        if (form == Form.PLANES) {
            a.mov32(Mem.at(HIGH), Gpr.RBX);
        }
    }

    private void storeSum(Assembler a) {
        a.store(VectorOp.VMOVDQU_STORE, Argument.PARTS0.in(Gpr.RDI), TOTALS);
        for (Argument part : new Argument[] {Argument.PARTS0, Argument.PARTS1, Argument.PARTS2, Argument.PARTS3}) {
            a.arithmetic(Arithmetic.ADD, SUM, part.in(Gpr.RDI));
        }
        a.mov32(Mem.at(SUMS), SUM);
        a.add(SUMS, 4);
    }
}
