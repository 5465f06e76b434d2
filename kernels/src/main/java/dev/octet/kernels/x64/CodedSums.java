package dev.octet.kernels.x64;

import static dev.octet.kernels.x64.ProductGenerator.AHEAD;
import static dev.octet.kernels.x64.ProductGenerator.B;
import static dev.octet.kernels.x64.ProductGenerator.BASES;
import static dev.octet.kernels.x64.ProductGenerator.COUNT;
import static dev.octet.kernels.x64.ProductGenerator.argument;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;

/// Writes the sums of a tile whose B lies in [CodedPanels]: codes become floats in registers, `code·scale + offset`,
/// once for all rows of the tile.
record CodedSums(Assembler a, ProductGenerator product) {
    /// Steps left.
    private static final Gpr REST = Gpr.RAX;

    /// Steps whose sums may be kept apart, so that multiplications need not wait for each other.
    private static final int STEPS = 2;

    /// Chains of sums for a tile.
    static int chains(RegisterTile tile) {
        return STEPS * tile.sums() + working(tile) <= tile.tier().registers ? STEPS : 1;
    }

    /// Registers beside the sums: scales, offsets, weights, and a number of A.
    private static int working(RegisterTile tile) {
        return 3 * tile.vectors() + 1;
    }

    private RegisterTile tile() {
        return product.tile();
    }

    private boolean isNibbles() {
        return product.multiplication() == Multiplication.FUSED_NIBBLES;
    }

    private Vec working(int index) {
        return tile().tier().vec(chains(tile()) * tile().sums() + index);
    }

    private Vec scale(int vector) {
        return working(vector);
    }

    private Vec offset(int vector) {
        return working(tile().vectors() + vector);
    }

    private Vec weight(int vector) {
        return working(2 * tile().vectors() + vector);
    }

    void emit() {
        Label block = new Label();
        Label whole = new Label();
        Label pair = new Label();
        Label odd = new Label();
        Label next = new Label();
        a.mov(REST, argument(ProductArgument.STEPS));
        a.bind(block);
        a.mov(COUNT, argument(ProductArgument.BLOCK));
        a.cmp(COUNT, REST);
        a.jump(Condition.LESS_EQUAL, whole);
        a.mov(COUNT, REST);
        a.bind(whole);
        a.sub(REST, COUNT);
        parameters();
        a.sub(COUNT, STEPS);
        a.jump(Condition.LESS, odd);
        a.alignLoop();
        a.bind(pair);
        a.prefetch(Mem.at(B, AHEAD, 1, 0));
        step(0);
        step(1);
        advance(STEPS);
        a.sub(COUNT, STEPS);
        a.jump(Condition.GREATER_EQUAL, pair);
        a.bind(odd);
        a.add(COUNT, STEPS);
        a.jump(Condition.ZERO, next);
        step(0);
        advance(1);
        a.bind(next);
        a.test(REST, REST);
        a.jump(Condition.NOT_ZERO, block);
    }

    /// The block's scales and offsets.
    private void parameters() {
        int bytes = tile().tier().width.bytes;
        for (int v = 0; v < tile().vectors(); v++) {
            a.emit(VectorOp.VMOVUPS, scale(v), Mem.at(B, v * bytes));
            a.emit(VectorOp.VMOVUPS, offset(v), Mem.at(B, (tile().vectors() + v) * bytes));
        }
        a.add(B, CodedPanels.parameterBytes(tile().columns()));
    }

    private void advance(int steps) {
        for (int i = 0; 3 * i < tile().rows(); i++) {
            a.add(BASES[i], 4 * steps);
        }
        // An odd step leaves half of its bytes unused.
        a.add(B, isNibbles() ? tile().columns() : steps * tile().columns());
    }

    private void step(int step) {
        for (int v = 0; v < tile().vectors(); v++) {
            decode(step, v);
        }
        Vec left = working(3 * tile().vectors());
        int chain = chains(tile()) == 1 ? 0 : step;
        for (int r = 0; r < tile().rows(); r++) {
            a.emit(VectorOp.VBROADCASTSS, left, product.left(r, step));
            for (int v = 0; v < tile().vectors(); v++) {
                Vec sum = tile().tier().vec(chain * tile().sums() + r * tile().vectors() + v);
                a.emit(VectorOp.VFMADD231PS, sum, left, weight(v));
            }
        }
    }

    private void decode(int step, int vector) {
        Vec weight = weight(vector);
        int at = vector * tile().tier().lanes();
        a.emit(VectorOp.VPMOVZXBD, weight, Mem.at(B, isNibbles() ? at : step * tile().columns() + at));
        if (isNibbles() && step == 0) {
            a.emit(VectorOp.VANDPS, weight, weight, a.constant(tile().tier().width, 0xF));
        } else if (isNibbles()) {
            a.shift(VectorOp.VPSRLD, weight, weight, 4);
        }
        a.emit(VectorOp.VCVTDQ2PS, weight, weight);
        a.emit(VectorOp.VFMADD213PS, weight, scale(vector), offset(vector));
    }
}
