package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;

/// Writes the function that transforms [Winograd]'s products of words back and finishes the sums as products of bytes
/// are: neighbouring tiles of one row of tiles, as many rows of each as are asked for.
///
/// Both transformations leave 576 times the sum, modulo 2³². Divided by 9 there, by multiplication, and by 64, by a
/// shift, it is the sum, provided that this is within ±2²⁵.
///
/// Its arguments are those of a [FinishEmitter], whose tile is one vector of channels of neighbouring pixels, and then
/// the constants here.
///
/// @param pixels columns of each tile, at most four
record WinogradWholeOutput(Tier tier, Finish finish, int pixels) implements Generator {
    // Arguments, 64 bits each; distances are in bytes.
    static final int M = ProductArgument.values().length;
    static final int M_PLANE = M + 1;
    static final int M_TILE = M + 2;
    static final int Y = M + 3;
    static final int Y_ROW = M + 4;
    static final int TILES = M + 5;
    static final int ROWS = M + 6;
    static final int CHANNELS = M + 7;

    /// Address of memory for a patch of one vector.
    static final int PATCH = M + 8;

    // Where the function keeps its place.
    private static final int M_AT = M + 9;
    private static final int Y_AT = M + 10;

    /// The inverse of 9 modulo 2³².
    private static final int NINTH = 0x38E38E39;

    private static final Gpr COLUMN = Gpr.RAX;
    private static final Gpr PLANE6 = Gpr.R8;
    private static final Gpr PLANE18 = Gpr.R9;
    private static final Gpr PLANE30 = Gpr.R10;
    private static final Gpr PLANE = Gpr.R11;
    private static final Gpr INTO = Gpr.R13;

    /// Those that the finish leaves, or reads.
    private static final Gpr ROWS_LEFT = Gpr.R14;

    private static final Gpr FROM = Gpr.R15;
    private static final Gpr TO = Gpr.RBX;
    private static final Gpr CHANNELS_LEFT = Gpr.RBP;

    private static Mem argument(int index) {
        return Mem.at(Gpr.RDI, 8 * index);
    }

    private RegisterTile tile() {
        return new RegisterTile(tier, pixels, 1);
    }

    @Override
    public void emit(Assembler a) {
        Label tile = new Label();
        Label vector = new Label();
        Label row = new Label();
        a.bind(tile);
        copy(a, M, M_AT);
        copy(a, Y, Y_AT);
        a.mov(CHANNELS_LEFT, argument(CHANNELS));
        a.bind(vector);
        columns(a);
        a.mov(FROM, argument(PATCH));
        a.mov(TO, argument(Y_AT));
        a.mov(ROWS_LEFT, argument(ROWS));
        a.bind(row);
        for (int x = 0; x < Winograd.PATCH; x++) {
            a.emit(VectorOp.VMOVUPS, v(x), Mem.at(FROM, x * tier.width.bytes));
        }
        transform(a);
        divide(a);
        new FinishEmitter(a, tile(), finish).emit();
        a.add(FROM, Winograd.PATCH * tier.width.bytes);
        a.arithmetic(Assembler.Arithmetic.ADD, TO, argument(Y_ROW));
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.NOT_ZERO, row);
        nextVector(a);
        a.jump(Condition.GREATER, vector);
        nextTile(a);
        a.jump(Condition.NOT_ZERO, tile);
    }

    private static void copy(Assembler a, int from, int to) {
        a.mov(COLUMN, argument(from));
        a.mov(argument(to), COLUMN);
    }

    private void nextVector(Assembler a) {
        int bytes = tier.width.bytes;
        a.arithmetic(Assembler.Arithmetic.ADD, argument(M_AT), bytes);
        a.arithmetic(Assembler.Arithmetic.ADD, argument(Y_AT), tier.lanes() * finish.elementBytes());
        for (ProductArgument perColumn : new ProductArgument[] {ProductArgument.BIAS, ProductArgument.SCALES}) {
            a.arithmetic(Assembler.Arithmetic.ADD, perColumn.in(Gpr.RDI), bytes);
        }
        a.sub(CHANNELS_LEFT, tier.lanes());
    }

    /// Back to the first channel of the next tile, four pixels on.
    private void nextTile(Assembler a) {
        a.mov(COLUMN, argument(M_AT));
        a.arithmetic(Assembler.Arithmetic.SUB, COLUMN, argument(M));
        for (ProductArgument perColumn : new ProductArgument[] {ProductArgument.BIAS, ProductArgument.SCALES}) {
            a.mov(TO, perColumn.in(Gpr.RDI));
            a.sub(TO, COLUMN);
            a.mov(perColumn.in(Gpr.RDI), TO);
        }
        a.mov(COLUMN, argument(M));
        a.arithmetic(Assembler.Arithmetic.ADD, COLUMN, argument(M_TILE));
        a.mov(argument(M), COLUMN);
        a.mov(COLUMN, ProductArgument.C_STRIDE.in(Gpr.RDI));
        a.shiftLeft(COLUMN, 2);
        a.arithmetic(Assembler.Arithmetic.ADD, COLUMN, argument(Y));
        a.mov(argument(Y), COLUMN);
        a.arithmetic(Assembler.Arithmetic.SUB, argument(TILES), 1);
    }

    /// Down each column of the products, to the patch.
    private void columns(Assembler a) {
        a.mov(PLANE, argument(M_PLANE));
        a.multiply(PLANE6, PLANE, Winograd.PATCH);
        a.lea(PLANE18, Mem.at(PLANE6, PLANE6, 2, 0));
        a.lea(PLANE30, Mem.at(PLANE6, PLANE6, 4, 0));
        a.mov(COLUMN, argument(M_AT));
        a.mov(INTO, argument(PATCH));
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
                a.emit(VectorOp.VMOVUPS, v(y), from[y]);
            }
            transform(a);
            for (int y = 0; y < Winograd.TILE; y++) {
                a.store(VectorOp.VMOVUPS_STORE, Mem.at(INTO, (y * Winograd.PATCH + x) * tier.width.bytes), v(y));
            }
            a.add(COLUMN, PLANE);
        }
    }

    /// Of the first six registers, to the first four, each times 24: products are divided by [Winograd#SCALES].
    private void transform(Assembler a) {
        VectorOp add = VectorOp.VPADDD;
        a.emit(add, v(6), v(1), v(2));
        a.emit(VectorOp.VPSUBD, v(7), v(1), v(2));
        a.emit(add, v(8), v(3), v(4));
        a.emit(VectorOp.VPSUBD, v(9), v(3), v(4));
        a.shift(VectorOp.VPSLLD, v(6), v(6), 2);
        a.shift(VectorOp.VPSLLD, v(7), v(7), 2);
        a.emit(add, v(1), v(0), v(0));
        a.shift(VectorOp.VPSLLD, v(0), v(0), 2);
        a.emit(add, v(0), v(0), v(1));
        a.emit(add, v(0), v(0), v(6));
        a.emit(add, v(0), v(0), v(8));
        a.emit(add, v(1), v(9), v(9));
        a.emit(add, v(1), v(1), v(7));
        a.shift(VectorOp.VPSLLD, v(2), v(8), 2);
        a.emit(add, v(2), v(2), v(6));
        a.shift(VectorOp.VPSLLD, v(3), v(9), 3);
        a.emit(add, v(3), v(3), v(7));
        a.shift(VectorOp.VPSLLD, v(5), v(5), 3);
        a.emit(add, v(3), v(3), v(5));
        a.emit(add, v(5), v(5), v(5));
        a.emit(add, v(3), v(3), v(5));
    }

    private void divide(Assembler a) {
        Mem ninth = a.constant(tier.width, NINTH);
        for (int x = 0; x < pixels; x++) {
            a.emit(VectorOp.VPMULLD, v(x), v(x), ninth);
            a.shift(VectorOp.VPSRAD, v(x), v(x), 6);
        }
    }

    private Vec v(int index) {
        return tier.vec(index);
    }
}
