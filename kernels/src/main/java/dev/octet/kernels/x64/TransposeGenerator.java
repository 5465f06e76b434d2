package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;

/// Writes the function that transposes a matrix of elements of 32 bits: `to[i, j] = from[j, i]`, where `i` counts the
/// target's rows.
///
/// Blocks of four by four change places in registers. The last block of a row or column overlaps the one before. Four
/// blocks follow each other down the target's rows, so that a line of the source is read as a whole.
///
/// @param narrow number of columns, 2 or 3, such as the colours of a picture; 0 if it is an argument
record TransposeGenerator(int narrow) implements Generator {
    // Arguments, 64 bits each; distances are in bytes.
    static final int FROM = 0;

    /// From the source of one of the target's columns to the next.
    static final int FROM_STRIDE = 1;

    static final int TO = 2;

    /// From one of the target's rows to the next.
    static final int TO_STRIDE = 3;

    static final int ROWS = 4;
    static final int COLUMNS = 5;

    private static final int BLOCK = 4;
    private static final int STRIP = 4;

    private static final Gpr SOURCE = Gpr.RSI;
    private static final Gpr SOURCE_STEP = Gpr.R8;
    private static final Gpr SOURCE_STEP3 = Gpr.R12;
    private static final Gpr TARGET = Gpr.RDX;
    private static final Gpr TARGET_STEP = Gpr.R9;
    private static final Gpr TARGET_STEP3 = Gpr.R13;
    private static final Gpr ROWS_LEFT = Gpr.R10;
    private static final Gpr ALL_COLUMNS = Gpr.R11;
    private static final Gpr AT = Gpr.RBX;
    private static final Gpr INTO = Gpr.RCX;
    private static final Gpr COLUMNS_LEFT = Gpr.R14;
    private static final Gpr BLOCK_TARGET = Gpr.R15;
    private static final Gpr SPARE = Gpr.RAX;

    /// Writes what is done for a number of the target's rows.
    private interface Rows {
        void emit(int count);
    }

    @Override
    public void emit(Assembler a) {
        a.mov(SOURCE, argument(FROM));
        a.mov(SOURCE_STEP, argument(FROM_STRIDE));
        a.mov(TARGET, argument(TO));
        a.mov(TARGET_STEP, argument(TO_STRIDE));
        a.mov(ROWS_LEFT, argument(ROWS));
        a.mov(ALL_COLUMNS, argument(COLUMNS));
        a.lea(SOURCE_STEP3, Mem.at(SOURCE_STEP, SOURCE_STEP, 2, 0));
        a.lea(TARGET_STEP3, Mem.at(TARGET_STEP, TARGET_STEP, 2, 0));
        Label single = new Label();
        Label done = new Label();
        a.cmp(ROWS_LEFT, BLOCK);
        a.jump(Condition.LESS, single);
        if (narrow > 0) {
            rows(a, done, blocks -> narrow(a, narrow, blocks));
        } else {
            a.cmp(ALL_COLUMNS, BLOCK);
            a.jump(Condition.LESS, single);
            rows(a, done, blocks -> strip(a, blocks));
        }
        a.bind(single);
        single(a);
        a.bind(done);
    }

    private static Mem argument(int index) {
        return Mem.at(Gpr.RDI, 8 * index);
    }

    /// Strips of blocks, then blocks, the last of which ends with the last row.
    private static void rows(Assembler a, Label done, Rows emitted) {
        Label strip = new Label();
        Label block = new Label();
        Label whole = new Label();
        a.bind(strip);
        a.cmp(ROWS_LEFT, STRIP * BLOCK);
        a.jump(Condition.LESS, block);
        emitted.emit(STRIP);
        nextRows(a, STRIP);
        a.jump(strip);
        a.bind(block);
        a.cmp(ROWS_LEFT, BLOCK);
        a.jump(Condition.GREATER_EQUAL, whole);
        a.test(ROWS_LEFT, ROWS_LEFT);
        a.jump(Condition.ZERO, done);
        a.sub(ROWS_LEFT, BLOCK);
        a.lea(SOURCE, Mem.at(SOURCE, ROWS_LEFT, 4, 0));
        a.multiply(ROWS_LEFT, TARGET_STEP);
        a.add(TARGET, ROWS_LEFT);
        a.mov(ROWS_LEFT, BLOCK);
        a.bind(whole);
        emitted.emit(1);
        nextRows(a, 1);
        a.jump(block);
    }

    private static void nextRows(Assembler a, int blocks) {
        a.add(SOURCE, 4 * BLOCK * blocks);
        a.multiply(SPARE, TARGET_STEP, BLOCK * blocks);
        a.add(TARGET, SPARE);
        a.sub(ROWS_LEFT, BLOCK * blocks);
    }

    /// All columns of blocks below each other.
    private static void strip(Assembler a, int blocks) {
        Label next = new Label();
        Label whole = new Label();
        Label end = new Label();
        a.mov(AT, SOURCE);
        a.mov(INTO, TARGET);
        a.mov(COLUMNS_LEFT, ALL_COLUMNS);
        a.bind(next);
        a.cmp(COLUMNS_LEFT, BLOCK);
        a.jump(Condition.GREATER_EQUAL, whole);
        a.test(COLUMNS_LEFT, COLUMNS_LEFT);
        a.jump(Condition.ZERO, end);
        a.sub(COLUMNS_LEFT, BLOCK);
        a.lea(INTO, Mem.at(INTO, COLUMNS_LEFT, 4, 0));
        a.multiply(COLUMNS_LEFT, SOURCE_STEP);
        a.add(AT, COLUMNS_LEFT);
        a.mov(COLUMNS_LEFT, BLOCK);
        a.bind(whole);
        a.mov(BLOCK_TARGET, INTO);
        for (int b = 0; b < blocks; b++) {
            load(a, BLOCK, b);
            for (int half = 0; half < 2; half++) {
                VectorOp interleave = half == 0 ? VectorOp.VUNPCKLPS : VectorOp.VUNPCKHPS;
                a.emit(interleave, Vec.x(4), Vec.x(0), Vec.x(1));
                a.emit(interleave, Vec.x(5), Vec.x(2), Vec.x(3));
                a.emit(VectorOp.VUNPCKLPD, Vec.x(6), Vec.x(4), Vec.x(5));
                a.emit(VectorOp.VUNPCKHPD, Vec.x(7), Vec.x(4), Vec.x(5));
                a.store(VectorOp.VMOVUPS_STORE, row(2 * half), Vec.x(6));
                a.store(VectorOp.VMOVUPS_STORE, row(2 * half + 1), Vec.x(7));
            }
            a.lea(BLOCK_TARGET, Mem.at(BLOCK_TARGET, TARGET_STEP, 4, 0));
        }
        a.lea(AT, Mem.at(AT, SOURCE_STEP, 4, 0));
        a.add(INTO, 4 * BLOCK);
        a.sub(COLUMNS_LEFT, BLOCK);
        a.jump(next);
        a.bind(end);
    }

    /// The source of so many columns for the rows of a block, in the first registers.
    private static void load(Assembler a, int columns, int block) {
        for (int j = 0; j < columns; j++) {
            Mem from = j == 0 ? Mem.at(AT) : j == 3 ? Mem.at(AT, SOURCE_STEP3, 1, 0) : Mem.at(AT, SOURCE_STEP, j, 0);
            a.emit(VectorOp.VMOVUPS, Vec.x(j), from.plus(4 * BLOCK * block));
        }
    }

    private static Mem row(int index) {
        return index == 0
                ? Mem.at(BLOCK_TARGET)
                : index == 3 ? Mem.at(BLOCK_TARGET, TARGET_STEP3, 1, 0) : Mem.at(BLOCK_TARGET, TARGET_STEP, index, 0);
    }

    private static void narrow(Assembler a, int columns, int blocks) {
        a.mov(AT, SOURCE);
        a.mov(BLOCK_TARGET, TARGET);
        for (int b = 0; b < blocks; b++) {
            load(a, columns, b);
            a.emit(VectorOp.VUNPCKLPS, Vec.x(4), Vec.x(0), Vec.x(1));
            a.emit(VectorOp.VUNPCKHPS, Vec.x(5), Vec.x(0), Vec.x(1));
            for (int r = 0; r < BLOCK; r++) {
                Vec pair = Vec.x(4 + r / 2);
                if (r % 2 == 1) {
                    a.emit(VectorOp.VUNPCKHPD, pair, pair, pair);
                }
                a.store(VectorOp.VMOVQ_STORE, row(r), pair);
                if (columns == 3) {
                    a.emit(VectorOp.VSHUFPS, Vec.x(6), Vec.x(2), Vec.x(2), 0x55 * r);
                    a.store(VectorOp.VMOVSS_STORE, row(r).plus(8), Vec.x(6));
                }
            }
            a.lea(BLOCK_TARGET, Mem.at(BLOCK_TARGET, TARGET_STEP, 4, 0));
        }
    }

    /// Element by element.
    private static void single(Assembler a) {
        Label row = new Label();
        Label element = new Label();
        a.bind(row);
        a.mov(AT, SOURCE);
        a.mov(INTO, TARGET);
        a.mov(COLUMNS_LEFT, ALL_COLUMNS);
        a.bind(element);
        a.mov32(SPARE, Mem.at(AT));
        a.mov32(Mem.at(INTO), SPARE);
        a.add(AT, SOURCE_STEP);
        a.add(INTO, 4);
        a.sub(COLUMNS_LEFT, 1);
        a.jump(Condition.NOT_ZERO, element);
        a.add(SOURCE, 4);
        a.add(TARGET, TARGET_STEP);
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.NOT_ZERO, row);
    }
}
