package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;

/// Writes the [Finish] of a tile: turns the sums in registers into elements of the result and stores them.
///
/// Expects the block of arguments in RDI, the address of the tile's first element in RBX and the number of columns from
/// it on in RBP; overwrites RAX, RCX, RDX, RSI and R8 to R13.
///
/// Where a panel is not full, opmasks 1 and 2 select its columns in AVX-512. AVX2 has no such thing for bytes: the tile
/// goes to scratch memory there and its rows are copied.
final class FinishEmitter {
    private static final Gpr TO = Gpr.RDX;
    private static final Gpr TO_STRIDE = Gpr.RAX;
    private static final Gpr RESIDUAL = Gpr.RCX;
    private static final Gpr PARAMETERS = Gpr.R8;
    private static final Gpr COLUMN_DATA = Gpr.RSI;
    private static final Gpr ROW_SUMS = Gpr.R13;

    private final Assembler a;
    private final RegisterTile tile;
    private final Finish finish;

    FinishEmitter(Assembler a, RegisterTile tile, Finish finish) {
        this.a = a;
        this.tile = tile;
        this.finish = finish;
    }

    void emit() {
        destination();
        a.mov(PARAMETERS, ProductArgument.PARAMETERS.in(Gpr.RDI));
        if (finish.corrected()) {
            a.mov(ROW_SUMS, ProductArgument.ROW_SUMS_AT.in(Gpr.RDI));
        }
        for (int v = 0; v < tile.vectors(); v++) {
            integers(v);
            scale(v);
            addend(v);
        }
        if (finish.residual()) {
            selectColumns();
            residual();
        }
        values();
        selectColumns();
        store();
        if (!tile.tier().hasMasks()) {
            copyOut();
        }
    }

    /// Address and stride of where the tile goes.
    private void destination() {
        a.mov(TO, Gpr.RBX);
        a.mov(TO_STRIDE, ProductArgument.C_STRIDE.in(Gpr.RDI));
        if (finish.residual()) {
            a.mov(RESIDUAL, ProductArgument.RESIDUAL.in(Gpr.RDI));
        }
        if (tile.tier().hasMasks()) {
            return;
        }
        Label whole = new Label();
        a.cmp(Gpr.RBP, tile.columns());
        a.jump(Condition.GREATER_EQUAL, whole);
        if (finish.residual()) {
            copyIn();
        }
        a.mov(TO, ProductArgument.SCRATCH.in(Gpr.RDI));
        a.mov(TO_STRIDE, scratchStride());
        a.bind(whole);
    }

    private int scratchStride() {
        return tile.columns() * finish.elementBytes();
    }

    /// Copies the residual's part to where the tile will be, so that both lie at the same distance from row to row.
    private void copyIn() {
        a.mov(Gpr.R13, Gpr.RDI);
        a.mov(Gpr.R8, Gpr.RBX);
        a.add(Gpr.R8, RESIDUAL);
        for (int r = 0; r < tile.rows(); r++) {
            a.mov(Gpr.RSI, Gpr.R8);
            a.mov(Gpr.RDI, ProductArgument.SCRATCH.in(Gpr.R13));
            a.add(Gpr.RDI, r * scratchStride());
            columnBytes();
            a.copyBytes();
            a.add(Gpr.R8, TO_STRIDE);
        }
        a.mov(Gpr.RDI, Gpr.R13);
        a.mov(RESIDUAL, 0);
    }

    private void copyOut() {
        Label whole = new Label();
        a.cmp(Gpr.RBP, tile.columns());
        a.jump(Condition.GREATER_EQUAL, whole);
        a.mov(Gpr.R13, Gpr.RDI);
        a.mov(Gpr.R8, Gpr.RBX);
        for (int r = 0; r < tile.rows(); r++) {
            a.mov(Gpr.RSI, ProductArgument.SCRATCH.in(Gpr.R13));
            a.add(Gpr.RSI, r * scratchStride());
            a.mov(Gpr.RDI, Gpr.R8);
            columnBytes();
            a.copyBytes();
            a.arithmetic(Assembler.Arithmetic.ADD, Gpr.R8, ProductArgument.C_STRIDE.in(Gpr.R13));
        }
        a.mov(Gpr.RDI, Gpr.R13);
        a.bind(whole);
    }

    private void columnBytes() {
        a.mov(Gpr.RCX, Gpr.RBP);
        if (finish.elementBytes() > 1) {
            a.shiftLeft(Gpr.RCX, 2);
        }
    }

    private Mem column(int vector) {
        return Mem.at(COLUMN_DATA, vector * tile.tier().width.bytes);
    }

    private void integers(int v) {
        if (!finish.integer()) {
            return;
        }
        a.mov(COLUMN_DATA, ProductArgument.BIAS.in(Gpr.RDI));
        Vec bias = tile.free(0);
        a.emit(VectorOp.VMOVUPS, bias, column(v));
        for (int r = 0; r < tile.rows(); r++) {
            a.emit(VectorOp.VPADDD, tile.sum(r, v), tile.sum(r, v), bias);
        }
        if (finish.corrected()) {
            a.mov(COLUMN_DATA, ProductArgument.ZERO_POINTS.in(Gpr.RDI));
            Vec zeroPoints = tile.free(1);
            Vec product = tile.free(2);
            a.emit(VectorOp.VMOVUPS, zeroPoints, column(v));
            for (int r = 0; r < tile.rows(); r++) {
                a.emit(VectorOp.VPBROADCASTD, product, Mem.at(ROW_SUMS, 4 * r));
                a.emit(VectorOp.VPMULLD, product, product, zeroPoints);
                a.emit(VectorOp.VPSUBD, tile.sum(r, v), tile.sum(r, v), product);
            }
        }
    }

    private void scale(int v) {
        if (finish.integer() && finish.result() != DType.INT32) {
            for (int r = 0; r < tile.rows(); r++) {
                a.emit(VectorOp.VCVTDQ2PS, tile.sum(r, v), tile.sum(r, v));
            }
        }
        if (!finish.scaled()) {
            return;
        }
        a.mov(COLUMN_DATA, ProductArgument.SCALES.in(Gpr.RDI));
        Vec scale = tile.free(0);
        a.emit(VectorOp.VMOVUPS, scale, column(v));
        if (finish.rescaled()) {
            a.emit(VectorOp.VMULPS, scale, scale, FinishParameter.RESCALE.in(PARAMETERS));
        }
        for (int r = 0; r < tile.rows(); r++) {
            a.emit(VectorOp.VMULPS, tile.sum(r, v), tile.sum(r, v), scale);
        }
    }

    private void addend(int v) {
        if (!finish.addend()) {
            return;
        }
        a.mov(COLUMN_DATA, ProductArgument.ADDENDS.in(Gpr.RDI));
        Vec addend = tile.free(0);
        a.emit(VectorOp.VMOVUPS, addend, column(v));
        for (int r = 0; r < tile.rows(); r++) {
            a.emit(VectorOp.VADDPS, tile.sum(r, v), tile.sum(r, v), addend);
        }
    }

    private void residual() {
        a.add(RESIDUAL, TO);
        for (int r = 0; r < tile.rows(); r++) {
            for (int v = 0; v < tile.vectors(); v++) {
                Mem from = Mem.at(RESIDUAL, v * tile.tier().width.bytes);
                if (tile.tier().hasMasks()) {
                    a.emit(VectorOp.VMOVUPS, tile.free(0).zeroing(1 + v), from);
                    a.emit(VectorOp.VADDPS, tile.sum(r, v), tile.sum(r, v), tile.free(0));
                } else {
                    a.emit(VectorOp.VADDPS, tile.sum(r, v), tile.sum(r, v), from);
                }
            }
            a.add(RESIDUAL, TO_STRIDE);
        }
    }

    /// Function, division, and rounding to bytes that are still 32 bits wide.
    private void values() {
        if (finish.formula() == null || fits(finish.formula())) {
            for (int i = 0; i < tile.sums(); i++) {
                value(a, tile.tier().vec(i), Registers.range(tile.sums(), tile.tier().registers));
            }
            return;
        }
        // The function needs more registers than there are: the sums make room and come back one by one.
        a.mov(COLUMN_DATA, ProductArgument.SPILLED.in(Gpr.RDI));
        int bytes = tile.tier().width.bytes;
        for (int i = 0; i < tile.sums(); i++) {
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(COLUMN_DATA, i * bytes), tile.tier().vec(i));
        }
        Vec x = tile.tier().vec(0);
        for (int i = 0; i < tile.sums(); i++) {
            a.emit(VectorOp.VMOVUPS, x, Mem.at(COLUMN_DATA, i * bytes));
            value(a, x, Registers.range(1, tile.tier().registers));
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(COLUMN_DATA, i * bytes), x);
        }
        for (int i = 0; i < tile.sums(); i++) {
            a.emit(VectorOp.VMOVUPS, tile.tier().vec(i), Mem.at(COLUMN_DATA, i * bytes));
        }
    }

    /// Whether the registers beside the sums suffice for a formula.
    private boolean fits(Formula formula) {
        try {
            Registers free = Registers.range(tile.sums(), tile.tier().registers);
            FormulaEmitter.emit(
                    new Assembler(),
                    tile.tier(),
                    tile.tier().width,
                    free,
                    formula,
                    new FormulaEmitter.Held(tile.sum(0, 0)));
            return true;
        } catch (Registers.ExhaustedException e) {
            return false;
        }
    }

    private void value(Assembler a, Vec x, Registers free) {
        if (finish.formula() != null) {
            Vec y =
                    FormulaEmitter.emit(
                                    a,
                                    tile.tier(),
                                    tile.tier().width,
                                    free,
                                    finish.formula(),
                                    new FormulaEmitter.Held(x))
                            .getFirst();
            if (!y.equals(x)) {
                a.emit(VectorOp.VMOVUPS, x, y);
            }
        }
        if (finish.divided()) {
            a.emit(VectorOp.VDIVPS, x, x, FinishParameter.DIVISOR.in(PARAMETERS));
        }
        if (finish.isByte()) {
            // Of an operand that is no number, the maximum is the other one.
            a.emit(VectorOp.VMAXPS, x, x, FinishParameter.LOW.in(PARAMETERS));
            a.emit(VectorOp.VMINPS, x, x, FinishParameter.HIGH.in(PARAMETERS));
            a.emit(VectorOp.VCVTPS2DQ, x, x);
            a.emit(VectorOp.VPADDD, x, x, FinishParameter.ZERO_POINT.in(PARAMETERS));
        }
    }

    /// Opmasks 1 and up: the columns of each vector. Functions use opmasks, too.
    private void selectColumns() {
        if (!tile.tier().hasMasks()) {
            return;
        }
        Label few = new Label();
        a.mov(COLUMN_DATA, Gpr.RBP);
        a.cmp(COLUMN_DATA, tile.columns());
        a.jump(Condition.LESS, few);
        a.mov(COLUMN_DATA, tile.columns());
        a.bind(few);
        a.mov(Gpr.R9, -1);
        a.lowBits(Gpr.R9, Gpr.R9, COLUMN_DATA);
        for (int v = 0; v < tile.vectors(); v++) {
            a.moveMask(1 + v, Gpr.R9);
            a.shiftRight(Gpr.R9, tile.tier().lanes());
        }
    }

    private void store() {
        boolean masks = tile.tier().hasMasks();
        if (finish.isByte() && !masks) {
            a.emit(VectorOp.VMOVUPS, tile.free(1), a.constant(0, 4, 1, 5, 0, 4, 1, 5));
        }
        for (int r = 0; r < tile.rows(); r++) {
            if (finish.isByte() && !masks) {
                storeBytes(r);
            } else {
                for (int v = 0; v < tile.vectors(); v++) {
                    VectorOp op = finish.isByte() ? VectorOp.VPMOVDB_STORE : VectorOp.VMOVUPS_STORE;
                    Mem to = Mem.at(TO, v * tile.tier().lanes() * finish.elementBytes());
                    a.store(op, masks ? to.masked(1 + v) : to, tile.sum(r, v));
                }
            }
            if (r + 1 < tile.rows()) {
                a.add(TO, TO_STRIDE);
            }
        }
    }

    /// One row of a tile of AVX2, whose instructions pack each half of a vector for itself.
    private void storeBytes(int row) {
        Vec packed = tile.free(0);
        Vec first = tile.sum(row, 0);
        a.emit(VectorOp.VPACKSSDW, packed, first, tile.vectors() == 2 ? tile.sum(row, 1) : first);
        a.emit(finish.result() == DType.INT8 ? VectorOp.VPACKSSWB : VectorOp.VPACKUSWB, packed, packed, packed);
        a.emit(VectorOp.VPERMD, packed, tile.free(1), packed);
        if (tile.vectors() == 2) {
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(TO), packed.as(Width.X));
        } else {
            a.store(VectorOp.VMOVQ_STORE, Mem.at(TO), packed.as(Width.X));
        }
    }
}
