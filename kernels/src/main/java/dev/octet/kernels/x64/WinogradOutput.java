package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;

/// Writes the function that transforms [Winograd]'s products back: neighbouring tiles of one row of tiles, as many rows
/// and columns of each as are asked for. A bias is added, then a residual, then the function applied.
///
/// @param formula of one input
/// @param residual whether a tensor like the result is added
record WinogradOutput(Tier tier, Formula formula, boolean residual) implements Generator {
    // Arguments, 64 bits each; distances are in bytes.
    static final int M = 0;
    static final int M_PLANE = 1;
    static final int M_TILE = 2;
    static final int Y = 3;
    static final int Y_ROW = 4;
    static final int Y_PIXEL = 5;
    static final int TILES = 6;
    static final int ROWS = 7;
    static final int COLUMNS = 8;

    /// Without opmasks a multiple of a vector's lanes.
    static final int CHANNELS = 9;

    static final int BIAS = 10;

    /// From the result to the residual.
    static final int RESIDUAL = 11;

    /// Address of memory for a patch of one vector.
    static final int SCRATCH = 12;

    /// Where the function keeps its place.
    private static final int TILE_Y = 13;

    private static final int TILES_LEFT = 14;

    private static final Gpr AT_M = Gpr.RSI;
    private static final Gpr COLUMN = Gpr.RAX;
    private static final Gpr PLANE6 = Gpr.R8;
    private static final Gpr PLANE18 = Gpr.R9;
    private static final Gpr PLANE30 = Gpr.R10;
    private static final Gpr AT_Y = Gpr.RDX;
    private static final Gpr PIXEL = Gpr.R11;
    private static final Gpr AT_BIAS = Gpr.R12;
    private static final Gpr PATCH = Gpr.R13;
    private static final Gpr CHANNELS_LEFT = Gpr.R14;
    private static final Gpr ROW_Y = Gpr.R15;
    private static final Gpr ROWS_LEFT = Gpr.RCX;
    private static final Gpr COLUMNS_WANTED = Gpr.RBX;
    private static final Gpr SPARE = Gpr.RBP;

    private static final int CHANNELS_MASK = 1;

    private static Mem argument(int index) {
        return Mem.at(Gpr.RDI, 8 * index);
    }

    /// Whether the code needs no more registers than there are.
    boolean fits() {
        try {
            emit(new Assembler());
            return true;
        } catch (Registers.ExhaustedException e) {
            return false;
        }
    }

    @Override
    public void emit(Assembler a) {
        a.mov(SPARE, argument(M_PLANE));
        a.multiply(PLANE6, SPARE, Winograd.PATCH);
        a.lea(PLANE18, Mem.at(PLANE6, PLANE6, 2, 0));
        a.lea(PLANE30, Mem.at(PLANE6, PLANE6, 4, 0));
        a.mov(PIXEL, argument(Y_PIXEL));
        a.mov(PATCH, argument(SCRATCH));
        a.mov(COLUMNS_WANTED, argument(COLUMNS));
        for (int[] kept : new int[][] {{Y, TILE_Y}, {TILES, TILES_LEFT}}) {
            a.mov(SPARE, argument(kept[0]));
            a.mov(argument(kept[1]), SPARE);
        }
        Label tile = new Label();
        Label vector = new Label();
        a.bind(tile);
        a.mov(AT_M, argument(M));
        a.mov(AT_Y, argument(TILE_Y));
        a.mov(AT_BIAS, argument(BIAS));
        a.mov(CHANNELS_LEFT, argument(CHANNELS));
        a.bind(vector);
        selectChannels(a);
        columns(a);
        rows(a);
        a.add(AT_M, tier.width.bytes);
        a.add(AT_Y, tier.width.bytes);
        a.add(AT_BIAS, tier.width.bytes);
        a.sub(CHANNELS_LEFT, tier.lanes());
        a.jump(Condition.GREATER, vector);
        nextTile(a);
        a.jump(Condition.NOT_ZERO, tile);
    }

    private static void nextTile(Assembler a) {
        a.mov(SPARE, argument(M));
        a.arithmetic(Assembler.Arithmetic.ADD, SPARE, argument(M_TILE));
        a.mov(argument(M), SPARE);
        a.mov(SPARE, argument(TILE_Y));
        a.lea(SPARE, Mem.at(SPARE, PIXEL, Winograd.TILE, 0));
        a.mov(argument(TILE_Y), SPARE);
        a.arithmetic(Assembler.Arithmetic.SUB, argument(TILES_LEFT), 1);
    }

    private void selectChannels(Assembler a) {
        if (!tier.hasMasks()) {
            return;
        }
        Label few = new Label();
        a.mov(SPARE, CHANNELS_LEFT);
        a.cmp(SPARE, tier.lanes());
        a.jump(Condition.LESS, few);
        a.mov(SPARE, tier.lanes());
        a.bind(few);
        a.mov(ROWS_LEFT, -1);
        a.lowBits(ROWS_LEFT, ROWS_LEFT, SPARE);
        a.moveMask(CHANNELS_MASK, ROWS_LEFT);
    }

    /// Down each column of the products, to the scratch memory.
    private void columns(Assembler a) {
        a.mov(COLUMN, AT_M);
        Mem[] from = {
            Mem.at(COLUMN),
            Mem.at(COLUMN, PLANE6, 1, 0),
            Mem.at(COLUMN, PLANE6, 2, 0),
            Mem.at(COLUMN, PLANE18, 1, 0),
            Mem.at(COLUMN, PLANE6, 4, 0),
            Mem.at(COLUMN, PLANE30, 1, 0)
        };
        for (int x = 0; x < Winograd.PATCH; x++) {
            for (int y = 0; y < Winograd.PATCH; y++) {
                a.emit(VectorOp.VMOVUPS, tier.vec(y), from[y]);
            }
            transform(a);
            for (int y = 0; y < Winograd.TILE; y++) {
                a.store(VectorOp.VMOVUPS_STORE, scratch(y * Winograd.PATCH + x), tier.vec(y));
            }
            a.arithmetic(Assembler.Arithmetic.ADD, COLUMN, argument(M_PLANE));
        }
    }

    private Mem scratch(int index) {
        return Mem.at(PATCH, index * tier.width.bytes);
    }

    /// Along each wanted row, from there to the result.
    private void rows(Assembler a) {
        Label row = new Label();
        a.mov(ROW_Y, AT_Y);
        a.mov(ROWS_LEFT, argument(ROWS));
        a.bind(row);
        for (int x = 0; x < Winograd.PATCH; x++) {
            a.emit(VectorOp.VMOVUPS, tier.vec(x), scratch(x));
        }
        transform(a);
        Label end = new Label();
        a.mov(COLUMN, ROW_Y);
        for (int x = 0; x < Winograd.TILE; x++) {
            if (x > 0) {
                a.cmp(COLUMNS_WANTED, x + 1);
                a.jump(Condition.LESS, end);
                a.add(COLUMN, PIXEL);
            }
            finish(a, tier.vec(x));
        }
        a.bind(end);
        a.add(PATCH, Winograd.PATCH * tier.width.bytes);
        a.arithmetic(Assembler.Arithmetic.ADD, ROW_Y, argument(Y_ROW));
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.NOT_ZERO, row);
        a.mov(PATCH, argument(SCRATCH));
    }

    private void finish(Assembler a, Vec sum) {
        Registers free = Registers.range(Winograd.TILE, tier.registers);
        a.emit(VectorOp.VADDPS, sum, sum, Mem.at(AT_BIAS));
        if (residual) {
            Vec added = free.take(tier.width);
            a.mov(SPARE, argument(RESIDUAL));
            a.emit(
                    VectorOp.VMOVUPS,
                    tier.hasMasks() ? added.zeroing(CHANNELS_MASK) : added,
                    Mem.at(COLUMN, SPARE, 1, 0));
            a.emit(VectorOp.VADDPS, sum, sum, added);
            free.give(added);
        }
        Vec result = FormulaEmitter.emit(a, tier, tier.width, free, formula, new FormulaEmitter.Held(sum)).getFirst();
        Mem to = Mem.at(COLUMN);
        a.store(VectorOp.VMOVUPS_STORE, tier.hasMasks() ? to.masked(CHANNELS_MASK) : to, result);
    }

    /// Of the first six registers, to the first four.
    private void transform(Assembler a) {
        a.emit(VectorOp.VADDPS, v(6), v(1), v(2));
        a.emit(VectorOp.VSUBPS, v(7), v(1), v(2));
        a.emit(VectorOp.VADDPS, v(8), v(3), v(4));
        a.emit(VectorOp.VSUBPS, v(9), v(3), v(4));
        a.emit(VectorOp.VADDPS, v(0), v(0), v(6));
        a.emit(VectorOp.VADDPS, v(0), v(0), v(8));
        a.emit(VectorOp.VMOVUPS, v(1), v(7));
        a.emit(VectorOp.VFMADD231PS, v(1), v(9), a.constant(tier.width, 2f));
        a.emit(VectorOp.VMOVUPS, v(2), v(6));
        a.emit(VectorOp.VFMADD231PS, v(2), v(8), a.constant(tier.width, 4f));
        a.emit(VectorOp.VADDPS, v(3), v(7), v(5));
        a.emit(VectorOp.VFMADD231PS, v(3), v(9), a.constant(tier.width, 8f));
    }

    private Vec v(int index) {
        return tier.vec(index);
    }
}
