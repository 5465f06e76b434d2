package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Arithmetic;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes the loop of every product: for each panel of B, for each block of rows of A, a tile of sums and its finish.
/// Its arguments are [ProductArgument]s.
///
/// B's panel stays in the first cache while blocks of A pass by. A is read where it lies: 32 bits of each row are
/// repeated over a vector and multiplied by the panel's vectors.
///
/// [Multiplication#WIDENED] needs bytes of A up to 127. Larger ones are given as two matrices, the low seven bits, and
/// the eighth as 0 or 1: the sums of the latter times 128 are added, so the result is exact.
///
/// @param group steps whose products [Multiplication#WIDENED] adds in 16 bits, a power of two; else 1
record ProductGenerator(RegisterTile tile, Multiplication multiplication, int group, Finish finish)
        implements Generator {
    /// Steps that a loop without groups takes at once.
    private static final int UNROLLED = 4;

    /// Steps that are looked at for eighth bits at once: those of a vector of 32 bytes.
    private static final int HIGH_STEPS = 8;

    /// Sums that hide the latency of a multiplication; tiles with fewer keep several for each result.
    private static final int CHAINS = 8;

    private static final int CACHE_LINE = 64;

    /// Each serves three rows, by the factors 0, 1 and 2 of the stride.
    static final Gpr[] BASES = {Gpr.R9, Gpr.R10, Gpr.R11, Gpr.R12, Gpr.R13};

    private static final Gpr STRIDE = Gpr.R8;
    static final Gpr B = Gpr.RSI;
    static final Gpr COUNT = Gpr.RCX;
    private static final Gpr BLOCKS = Gpr.R14;

    /// Bytes from A's first row to that of the block.
    private static final Gpr A_OFFSET = Gpr.R15;

    private static final Gpr C = Gpr.RBX;
    private static final Gpr COLUMNS = Gpr.RBP;

    static final Gpr AHEAD = Gpr.RDX;

    @Override
    public void emit(Assembler a) {
        Label panel = new Label();
        Label block = new Label();
        a.mov(COLUMNS, argument(ProductArgument.COLUMNS));
        a.bind(panel);
        a.mov(A_OFFSET, 0);
        a.mov(C, argument(ProductArgument.C));
        a.mov(BLOCKS, argument(ProductArgument.BLOCKS));
        if (finish.corrected()) {
            a.mov(Gpr.RAX, argument(ProductArgument.ROW_SUMS));
            a.mov(argument(ProductArgument.ROW_SUMS_AT), Gpr.RAX);
        }
        a.bind(block);
        sums(a);
        new FinishEmitter(a, tile, finish).emit();
        nextBlock(a);
        a.jump(Condition.NOT_ZERO, block);
        nextPanel(a);
        a.jump(Condition.GREATER, panel);
    }

    static Mem argument(ProductArgument argument) {
        return argument.in(Gpr.RDI);
    }

    private void nextBlock(Assembler a) {
        a.mov(Gpr.RAX, argument(ProductArgument.A_STRIDE));
        a.multiply(Gpr.RAX, Gpr.RAX, tile.rows());
        a.add(A_OFFSET, Gpr.RAX);
        a.mov(Gpr.RAX, argument(ProductArgument.C_STRIDE));
        a.multiply(Gpr.RAX, Gpr.RAX, tile.rows());
        a.add(C, Gpr.RAX);
        if (finish.corrected()) {
            a.arithmetic(Arithmetic.ADD, argument(ProductArgument.ROW_SUMS_AT), 4 * tile.rows());
        }
        a.sub(BLOCKS, 1);
    }

    private void nextPanel(Assembler a) {
        a.arithmetic(Arithmetic.ADD, argument(ProductArgument.PANELS), PackedPanels.ENTRY_BYTES);
        a.arithmetic(Arithmetic.ADD, argument(ProductArgument.C), tile.columns() * finish.elementBytes());
        for (ProductArgument perColumn :
                new ProductArgument[] {
                    ProductArgument.BIAS, ProductArgument.SCALES, ProductArgument.ADDENDS, ProductArgument.ZERO_POINTS
                }) {
            a.arithmetic(Arithmetic.ADD, argument(perColumn), 4 * tile.columns());
        }
        a.sub(COLUMNS, tile.columns());
    }

    private void sums(Assembler a) {
        a.mov(STRIDE, argument(ProductArgument.A_STRIDE));
        a.mov(AHEAD, argument(ProductArgument.AHEAD));
        clear(a);
        if (multiplication == Multiplication.WIDENED) {
            Label low = new Label();
            a.mov(Gpr.RAX, argument(ProductArgument.HIGH));
            a.test(Gpr.RAX, Gpr.RAX);
            a.jump(Condition.ZERO, low);
            bases(a);
            highSums(a);
            timesHundredTwentyEight(a);
            a.bind(low);
        }
        a.mov(Gpr.RAX, argument(ProductArgument.A));
        bases(a);
        if (multiplication == Multiplication.WIDENED) {
            widenedSums(a);
        } else if (multiplication.isCoded()) {
            new CodedSums(a, this).emit();
            joinChains(a);
        } else {
            directSums(a);
        }
    }

    private void clear(Assembler a) {
        for (int i = 0; i < chains() * tile.sums(); i++) {
            Vec sum = tile.tier().vec(i);
            a.emit(VectorOp.VXORPS, sum, sum, sum);
        }
    }

    private void timesHundredTwentyEight(Assembler a) {
        for (int doubling = 0; doubling < 7; doubling++) {
            for (int i = 0; i < tile.sums(); i++) {
                Vec sum = tile.tier().vec(i);
                a.emit(VectorOp.VPADDD, sum, sum, sum);
            }
        }
    }

    /// Points to the rows of the matrix in RAX, and to B.
    private void bases(Assembler a) {
        a.add(Gpr.RAX, A_OFFSET);
        for (int i = 0; 3 * i < tile.rows(); i++) {
            if (i == 0) {
                a.mov(BASES[0], Gpr.RAX);
            } else {
                a.lea(Gpr.RAX, Mem.at(BASES[i - 1], STRIDE, 1, 0));
                a.lea(BASES[i], Mem.at(Gpr.RAX, STRIDE, 2, 0));
            }
        }
        a.mov(Gpr.RAX, argument(ProductArgument.PANELS));
        a.mov(B, Mem.at(Gpr.RAX));
    }

    private void advance(Assembler a, int steps) {
        for (int i = 0; 3 * i < tile.rows(); i++) {
            a.add(BASES[i], 4 * steps);
        }
        a.add(B, steps * tile.stepBytes());
    }

    /// 32 bits of a row, `step` steps ahead.
    Mem left(int row, int step) {
        Gpr base = BASES[row / 3];
        return row % 3 == 0 ? Mem.at(base, 4 * step) : Mem.at(base, STRIDE, row % 3, 4 * step);
    }

    private Mem right(int vector, int step) {
        return Mem.at(B, step * tile.stepBytes() + vector * tile.tier().width.bytes);
    }

    /// Asks for what lies ahead of a step, or, behind the last panel, for anything: that does no harm.
    private void fetchNext(Assembler a, int step) {
        for (int at = 0; at < tile.stepBytes(); at += CACHE_LINE) {
            a.prefetch(Mem.at(B, AHEAD, 1, step * tile.stepBytes() + at));
        }
    }

    int chains() {
        if (multiplication == Multiplication.WIDENED) {
            return 1;
        }
        if (multiplication.isCoded()) {
            return CodedSums.chains(tile);
        }
        int wanted = Math.max(1, CHAINS / tile.sums());
        return Math.min(UNROLLED, Integer.highestOneBit(wanted));
    }

    private void directSums(Assembler a) {
        Label loop = new Label();
        Label rest = new Label();
        Label one = new Label();
        Label done = new Label();
        a.mov(COUNT, argument(ProductArgument.STEPS));
        a.sub(COUNT, UNROLLED);
        a.jump(Condition.LESS, rest);
        a.alignLoop();
        a.bind(loop);
        for (int step = 0; step < UNROLLED; step++) {
            directStep(a, step, step % chains());
        }
        advance(a, UNROLLED);
        a.sub(COUNT, UNROLLED);
        a.jump(Condition.GREATER_EQUAL, loop);
        a.bind(rest);
        a.add(COUNT, UNROLLED);
        a.jump(Condition.ZERO, done);
        a.bind(one);
        directStep(a, 0, 0);
        advance(a, 1);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, one);
        a.bind(done);
        joinChains(a);
    }

    private void joinChains(Assembler a) {
        VectorOp add = multiplication.isFloat() ? VectorOp.VADDPS : VectorOp.VPADDD;
        for (int width = chains() / 2; width > 0; width /= 2) {
            for (int i = 0; i < width * tile.sums(); i++) {
                Vec sum = tile.tier().vec(i);
                a.emit(add, sum, sum, tile.tier().vec(i + width * tile.sums()));
            }
        }
    }

    private void directStep(Assembler a, int step, int chain) {
        int firstFree = chains() * tile.sums();
        fetchNext(a, step);
        for (int v = 0; v < tile.vectors(); v++) {
            a.emit(VectorOp.VMOVUPS, tile.tier().vec(firstFree + v), right(v, step));
        }
        // The last is for products that are added apart.
        int apart = multiplication == Multiplication.WORDS ? 1 : 0;
        int spare = Math.min(4, tile.tier().registers - firstFree - tile.vectors() - apart);
        Vec words = tile.tier().vec(tile.tier().registers - 1);
        for (int r = 0; r < tile.rows(); r++) {
            Vec left = tile.tier().vec(firstFree + tile.vectors() + r % spare);
            a.emit(VectorOp.VBROADCASTSS, left, left(r, step));
            for (int v = 0; v < tile.vectors(); v++) {
                Vec sum = tile.tier().vec(chain * tile.sums() + r * tile.vectors() + v);
                Vec right = tile.tier().vec(firstFree + v);
                if (multiplication == Multiplication.WORDS) {
                    a.emit(VectorOp.VPMADDWD, words, left, right);
                    a.emit(VectorOp.VPADDD, sum, sum, words);
                } else {
                    a.emit(product(), sum, left, right);
                }
            }
        }
    }

    private VectorOp product() {
        return switch (multiplication) {
            case FUSED -> VectorOp.VFMADD231PS;
            case DOT -> tile.tier().hasMasks() ? VectorOp.VPDPBUSD : VectorOp.VPDPBUSD_VEX;
            case WIDENED, WORDS, FUSED_NIBBLES, FUSED_BYTES -> throw new IllegalStateException("not one instruction");
        };
    }

    /// Whole groups, then the steps that are left, then the panel's exceptions.
    private void widenedSums(Assembler a) {
        Label loop = new Label();
        Label rest = new Label();
        a.mov(COUNT, argument(ProductArgument.STEPS));
        if (group > 1) {
            a.shiftRight(COUNT, Integer.numberOfTrailingZeros(group));
            a.test(COUNT, COUNT);
            a.jump(Condition.ZERO, rest);
        }
        a.alignLoop();
        a.bind(loop);
        widenedGroup(a, group);
        advance(a, group);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, loop);
        a.bind(rest);
        if (group > 1) {
            Label none = new Label();
            Label one = new Label();
            a.mov(COUNT, argument(ProductArgument.STEPS));
            a.arithmetic(Arithmetic.AND, COUNT, group - 1);
            a.jump(Condition.ZERO, none);
            a.bind(one);
            widenedGroup(a, 1);
            advance(a, 1);
            a.sub(COUNT, 1);
            a.jump(Condition.NOT_ZERO, one);
            a.bind(none);
        }
        exceptions(a);
    }

    /// The eighth bits of A's bytes, 0 or 1: activations seldom have any. Several steps are left out at once where no
    /// row of the block has one; sums of so few fit in 16 bits whatever B is.
    private void highSums(Assembler a) {
        Label loop = new Label();
        Label rest = new Label();
        Label few = new Label();
        Label one = new Label();
        Label done = new Label();
        a.mov(COUNT, argument(ProductArgument.STEPS));
        a.sub(COUNT, HIGH_STEPS);
        a.jump(Condition.LESS, rest);
        a.alignLoop();
        a.bind(loop);
        highGroup(a, Width.Y);
        a.sub(COUNT, HIGH_STEPS);
        a.jump(Condition.GREATER_EQUAL, loop);
        a.bind(rest);
        a.add(COUNT, HIGH_STEPS / 2);
        a.jump(Condition.LESS, few);
        highGroup(a, Width.X);
        a.sub(COUNT, HIGH_STEPS / 2);
        a.bind(few);
        a.add(COUNT, HIGH_STEPS / 2);
        a.jump(Condition.ZERO, done);
        a.bind(one);
        widenedGroup(a, 1);
        advance(a, 1);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, one);
        a.bind(done);
        exceptions(a);
    }

    /// The steps that a vector of A's bytes has.
    private void highGroup(Assembler a, Width width) {
        Label none = new Label();
        Vec any = tile.tier().vec(tile.sums()).as(width);
        a.emit(VectorOp.VMOVDQU, any, left(0, 0));
        for (int r = 1; r < tile.rows(); r++) {
            a.emit(VectorOp.VPOR, any, any, left(r, 0));
        }
        a.shift(VectorOp.VPSLLD, any, any, 7);
        a.signs(Gpr.RAX, any);
        a.test(Gpr.RAX, Gpr.RAX);
        a.jump(Condition.ZERO, none);
        widenedGroup(a, width.bytes / 4);
        a.bind(none);
        advance(a, width.bytes / 4);
    }

    /// Steps out of order: B's vectors follow those of the others, the distances of A's are listed.
    private void exceptions(Assembler a) {
        Label next = new Label();
        Label none = new Label();
        a.mov(Gpr.RAX, argument(ProductArgument.PANELS));
        a.mov(Gpr.RAX, Mem.at(Gpr.RAX, 8));
        a.mov(COUNT, Mem.at(Gpr.RAX));
        a.test(COUNT, COUNT);
        a.jump(Condition.ZERO, none);
        a.bind(next);
        a.add(Gpr.RAX, 8);
        for (int i = 0; 3 * i < tile.rows(); i++) {
            a.arithmetic(Arithmetic.ADD, BASES[i], Mem.at(Gpr.RAX));
        }
        widenedGroup(a, 1);
        a.add(B, tile.stepBytes());
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_ZERO, next);
        a.bind(none);
    }

    private void widenedGroup(Assembler a, int steps) {
        int firstFree = 2 * tile.sums();
        Vec left = tile.tier().vec(firstFree + tile.vectors());
        Vec product = tile.tier().vec(firstFree + tile.vectors() + 1);
        for (int step = 0; step < steps; step++) {
            fetchNext(a, step);
            for (int v = 0; v < tile.vectors(); v++) {
                a.emit(VectorOp.VMOVUPS, tile.tier().vec(firstFree + v), right(v, step));
            }
            for (int r = 0; r < tile.rows(); r++) {
                a.emit(VectorOp.VBROADCASTSS, left, left(r, step));
                for (int v = 0; v < tile.vectors(); v++) {
                    Vec words = words(r, v);
                    Vec right = tile.tier().vec(firstFree + v);
                    if (step == 0) {
                        a.emit(VectorOp.VPMADDUBSW, words, left, right);
                    } else {
                        a.emit(VectorOp.VPMADDUBSW, product, left, right);
                        a.emit(VectorOp.VPADDW, words, words, product);
                    }
                }
            }
        }
        Mem ones = a.constant(tile.tier().width, 0x00010001);
        for (int r = 0; r < tile.rows(); r++) {
            for (int v = 0; v < tile.vectors(); v++) {
                a.emit(VectorOp.VPMADDWD, words(r, v), words(r, v), ones);
                a.emit(VectorOp.VPADDD, tile.sum(r, v), tile.sum(r, v), words(r, v));
            }
        }
    }

    /// Sums of 16 bits.
    private Vec words(int row, int vector) {
        return tile.tier().vec(tile.sums() + row * tile.vectors() + vector);
    }
}
