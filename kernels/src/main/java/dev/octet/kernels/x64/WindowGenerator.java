package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.kernels.x64.Assembler.Arithmetic;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes what combines the cells of a window in each channel by itself: depthwise convolution and pooling of
/// channels-last images, for output pixels of one row whose windows have the same cells inside the input. Several
/// pixels are computed at a time, so that a weight is loaded once for all of them.
///
/// Bytes are combined as floats, which hold sums of products below 2²⁴ exactly, unless `dots` says better.
///
/// @param formula of the combined cells and the other operands
/// @param operands what the formula's inputs are
/// @param most pixels at a time: 4 or 8
/// @param dots how whole windows of bytes are multiplied, or null
record WindowGenerator(
        Tier tier,
        Combination combination,
        DType input,
        Formula formula,
        List<Source> operands,
        DType output,
        int most,
        @Nullable DotWindow dots)
        implements Generator {
    /// How cells are combined.
    enum Combination {
        /// Their products with weights are added to a bias of FLOAT32.
        FLOAT_PRODUCTS,
        /// Their products with weights are added, then a bias of INT32.
        INTEGER_PRODUCTS,
        SUM,
        MAX
    }

    /// An input of the formula.
    enum Source {
        /// The combined cells.
        CELLS,
        /// An element like the output's, of FLOAT32.
        RESIDUAL,
        /// A FLOAT32 number of the channel.
        CHANNEL,
        /// A FLOAT32 number for all; the first of them is argument [#NUMBERS].
        NUMBER
    }

    // Arguments, 64 bits each; addresses are those of the first channel, distances are in bytes.
    static final int PIXELS = 0;
    static final int X = 1;
    static final int X_PIXEL = 2;
    static final int ROWS = 3;

    /// From the last cell of a row to the first of the next, past the cells read.
    static final int X_ROW = 4;

    static final int COLUMNS = 5;
    static final int X_CELL = 6;
    static final int WEIGHTS = 7;

    /// Past the weights of cells that are not read.
    static final int WEIGHTS_ROW = 8;

    /// From a block of channels to the next.
    static final int WEIGHTS_BLOCK = 9;

    static final int BIAS = 10;
    static final int Y = 11;
    static final int Y_PIXEL = 12;
    static final int RESIDUAL = 13;
    static final int CHANNELS = 14;
    static final int CHANNEL_NUMBERS = 15;

    /// The arguments that a block of channels advances, while it is computed; the first of them has the place of [#X],
    /// and so on.
    private static final int BLOCK = 16;

    static final int NUMBERS = 32;

    private static final int[] ADVANCED = {X, WEIGHTS, BIAS, Y, RESIDUAL, CHANNELS, CHANNEL_NUMBERS};

    private static final Gpr AT_X = Gpr.RAX;
    private static final Gpr CHANNELS_LEFT = Gpr.RCX;
    private static final Gpr PIXEL_STEP = Gpr.RDX;
    private static final Gpr[] CELLS = {Gpr.RBP, Gpr.RBX, Gpr.RSI};
    private static final Gpr[] IMAGE_ROWS = {Gpr.RBP, Gpr.RBX, Gpr.RSI, Gpr.R10, Gpr.R11};
    private static final Gpr AT_WEIGHTS = Gpr.R8;
    private static final Gpr CELL_STEP = Gpr.R9;
    private static final Gpr COLUMNS_LEFT = Gpr.R10;
    private static final Gpr ROWS_LEFT = Gpr.R11;
    private static final Gpr AT_Y = Gpr.R12;
    private static final Gpr Y_STEP = Gpr.R13;
    private static final Gpr AT_RESIDUAL = Gpr.R14;
    private static final Gpr SPARE = Gpr.R15;

    private static final int CHANNELS_MASK = 1;

    @Override
    public void emit(Assembler a) {
        new Writer(a).pixels();
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

    private boolean hasWeights() {
        return combination == Combination.FLOAT_PRODUCTS || combination == Combination.INTEGER_PRODUCTS;
    }

    private final class Writer {
        private final Assembler a;
        private final int inputBytes = input.bits() / 8;
        private final int outputBytes = output.bits() / 8;

        Writer(Assembler a) {
            this.a = a;
        }

        private static Mem argument(int index) {
            return Mem.at(Gpr.RDI, 8 * index);
        }

        /// Loops over groups of pixels, and in each over blocks of channels: in the order of memory.
        void pixels() {
            a.mov(PIXEL_STEP, argument(X_PIXEL));
            a.mov(CELL_STEP, argument(X_CELL));
            a.mov(Y_STEP, argument(Y_PIXEL));
            for (int count = most; count > 0; count /= 2) {
                Label group = new Label();
                Label fewer = new Label();
                a.bind(group);
                a.arithmetic(Arithmetic.CMP, argument(PIXELS), count);
                a.jump(Condition.LESS, fewer);
                for (int argument : ADVANCED) {
                    a.mov(SPARE, argument(argument));
                    a.mov(argument(BLOCK + argument), SPARE);
                }
                blocks(count);
                advancePixels(X, PIXEL_STEP, count);
                advancePixels(Y, Y_STEP, count);
                advancePixels(RESIDUAL, Y_STEP, count);
                a.arithmetic(Arithmetic.SUB, argument(PIXELS), count);
                if (count == most) {
                    a.jump(group);
                }
                a.bind(fewer);
            }
        }

        private void advancePixels(int argument, Gpr step, int count) {
            a.multiply(SPARE, step, count);
            a.arithmetic(Arithmetic.ADD, SPARE, argument(argument));
            a.mov(argument(argument), SPARE);
        }

        /// As many channels at a time as a vector has lanes.
        private void blocks(int count) {
            Label block = new Label();
            a.bind(block);
            if (tier.hasMasks()) {
                selectChannels();
            } else {
                moveBack();
            }
            a.mov(AT_X, block(X));
            a.mov(AT_Y, block(Y));
            a.mov(AT_RESIDUAL, block(RESIDUAL));
            group(count);
            a.arithmetic(Arithmetic.ADD, block(X), tier.lanes() * inputBytes);
            a.arithmetic(Arithmetic.ADD, block(Y), tier.lanes() * outputBytes);
            for (int argument : new int[] {RESIDUAL, BIAS, CHANNEL_NUMBERS}) {
                a.arithmetic(Arithmetic.ADD, block(argument), 4 * tier.lanes());
            }
            a.mov(SPARE, argument(WEIGHTS_BLOCK));
            a.arithmetic(Arithmetic.ADD, SPARE, block(WEIGHTS));
            a.mov(block(WEIGHTS), SPARE);
            a.arithmetic(Arithmetic.SUB, block(CHANNELS), tier.lanes());
            a.jump(Condition.GREATER, block);
        }

        /// An argument as the block of channels has it.
        private static Mem block(int argument) {
            return argument(BLOCK + argument);
        }

        private void selectChannels() {
            Label few = new Label();
            a.mov(CHANNELS_LEFT, block(CHANNELS));
            a.cmp(CHANNELS_LEFT, tier.lanes());
            a.jump(Condition.LESS, few);
            a.mov(CHANNELS_LEFT, tier.lanes());
            a.bind(few);
            a.mov(SPARE, -1);
            a.lowBits(SPARE, SPARE, CHANNELS_LEFT);
            a.moveMask(CHANNELS_MASK, SPARE);
        }

        /// The last block ends with the last channel; what it shares with the one before is computed twice.
        private void moveBack() {
            Label whole = new Label();
            a.mov(SPARE, block(CHANNELS));
            a.sub(SPARE, tier.lanes());
            a.jump(Condition.GREATER_EQUAL, whole);
            for (int bytes : new int[] {1, 4}) {
                if (inputBytes == bytes) {
                    back(X);
                }
                if (outputBytes == bytes) {
                    back(Y);
                }
                if (bytes == 1) {
                    a.shiftLeft(SPARE, 2);
                }
            }
            back(RESIDUAL);
            back(BIAS);
            back(CHANNEL_NUMBERS);
            a.bind(whole);
        }

        /// By the negative number in `SPARE`.
        private void back(int argument) {
            a.mov(AT_X, block(argument));
            a.add(AT_X, SPARE);
            a.mov(block(argument), AT_X);
        }

        private Vec masked(Vec vector) {
            return tier.hasMasks() ? vector.merging(CHANNELS_MASK) : vector;
        }

        private Vec zeroed(Vec vector) {
            return tier.hasMasks() ? vector.zeroing(CHANNELS_MASK) : vector;
        }

        private void group(int count) {
            start(count);
            if (dots == null) {
                cells(count);
            } else {
                dots(count, dots);
            }
            finish(count);
        }

        /// Whole windows, column by column of the image.
        private void dots(int count, DotWindow window) {
            a.mov(AT_WEIGHTS, block(WEIGHTS));
            a.multiply(SPARE, CELL_STEP, window.width());
            a.arithmetic(Arithmetic.ADD, SPARE, argument(X_ROW));
            a.mov(IMAGE_ROWS[0], AT_X);
            for (int row = 1; row < window.height(); row++) {
                a.lea(IMAGE_ROWS[row], Mem.at(IMAGE_ROWS[row - 1], SPARE, 1, 0));
            }
            for (int column = 0; column < window.columns(count); column++) {
                for (int group = 0; group < window.groups(); group++) {
                    join(group, window);
                    for (int x = column % window.strideWidth(); x < window.width(); x += window.strideWidth()) {
                        int pixel = (column - x) / window.strideWidth();
                        if (column >= x && pixel < count) {
                            int number = x * window.groups() + group;
                            multiply(sum(pixel), Mem.at(AT_WEIGHTS, number * tier.width.bytes));
                        }
                    }
                }
                for (int row = 0; row < window.height(); row++) {
                    a.add(IMAGE_ROWS[row], CELL_STEP);
                }
            }
        }

        /// The rows of a group beside each other.
        private void join(int group, DotWindow window) {
            VectorOp or = tier.hasMasks() ? VectorOp.VPORD : VectorOp.VPOR;
            for (int row = 0; row < window.rowsOf(group); row++) {
                Vec into = row == 0 ? joined() : spare();
                a.emit(VectorOp.VPMOVZXBD, zeroed(into), Mem.at(IMAGE_ROWS[group * window.rows() + row]));
                if (row > 0) {
                    a.shift(VectorOp.VPSLLD, into, into, row * window.bits());
                    a.emit(or, joined(), joined(), into);
                }
            }
        }

        private void multiply(Vec sum, Mem weight) {
            if (tier.hasDotProducts()) {
                a.emit(tier.hasMasks() ? VectorOp.VPDPBUSD : VectorOp.VPDPBUSD_VEX, sum, joined(), weight);
            } else {
                a.emit(VectorOp.VPMADDWD, spare(), joined(), weight);
                a.emit(VectorOp.VPADDD, sum, sum, spare());
            }
        }

        /// Holds what [#join] makes.
        private Vec joined() {
            return tier.vec(most + 2);
        }

        private void cells(int count) {
            int bases = Math.ceilDiv(count, 3);
            a.mov(CELLS[0], AT_X);
            for (int i = 1; i < bases; i++) {
                a.lea(CELLS[i], Mem.at(CELLS[i - 1], PIXEL_STEP, 2, 0));
                a.add(CELLS[i], PIXEL_STEP);
            }
            Label row = new Label();
            Label cell = new Label();
            Label end = new Label();
            a.mov(AT_WEIGHTS, block(WEIGHTS));
            a.mov(ROWS_LEFT, argument(ROWS));
            a.test(ROWS_LEFT, ROWS_LEFT);
            a.jump(Condition.ZERO, end);
            a.bind(row);
            a.mov(COLUMNS_LEFT, argument(COLUMNS));
            a.bind(cell);
            cell(count);
            for (int i = 0; i < bases; i++) {
                a.add(CELLS[i], CELL_STEP);
            }
            a.add(AT_WEIGHTS, 4 * tier.lanes());
            a.sub(COLUMNS_LEFT, 1);
            a.jump(Condition.NOT_ZERO, cell);
            for (int i = 0; i < bases; i++) {
                a.arithmetic(Arithmetic.ADD, CELLS[i], argument(X_ROW));
            }
            a.arithmetic(Arithmetic.ADD, AT_WEIGHTS, argument(WEIGHTS_ROW));
            a.sub(ROWS_LEFT, 1);
            a.jump(Condition.NOT_ZERO, row);
            a.bind(end);
        }

        private Vec sum(int pixel) {
            return tier.vec(pixel);
        }

        /// Holds the weights of a cell.
        private Vec weights() {
            return tier.vec(most);
        }

        private Vec spare() {
            return tier.vec(most + 1);
        }

        private void start(int count) {
            Vec first = sum(0);
            switch (combination) {
                case FLOAT_PRODUCTS -> {
                    a.mov(SPARE, block(BIAS));
                    a.emit(VectorOp.VMOVUPS, zeroed(first), Mem.at(SPARE));
                }
                case MAX -> {
                    float lowest = isNegated() ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
                    a.emit(VectorOp.VMOVUPS, first, a.constant(tier.width, lowest));
                }
                case INTEGER_PRODUCTS, SUM -> a.emit(VectorOp.VXORPS, first, first, first);
            }
            for (int p = 1; p < count; p++) {
                a.emit(VectorOp.VMOVUPS, sum(p), first);
            }
        }

        private void cell(int count) {
            if (hasWeights()) {
                a.emit(VectorOp.VMOVUPS, weights(), Mem.at(AT_WEIGHTS));
            }
            for (int p = 0; p < count; p++) {
                Gpr base = CELLS[p / 3];
                Mem from = p % 3 == 0 ? Mem.at(base) : Mem.at(base, PIXEL_STEP, p % 3, 0);
                Operand value = from;
                if (input != DType.FLOAT32) {
                    VectorOp widen = input == DType.UINT8 ? VectorOp.VPMOVZXBD : VectorOp.VPMOVSXBD;
                    a.emit(widen, zeroed(spare()), from);
                    a.emit(VectorOp.VCVTDQ2PS, spare(), spare());
                    value = spare();
                }
                if (isNegated()) {
                    greatest(sum(p), from);
                    continue;
                }
                VectorOp op =
                        switch (combination) {
                            case FLOAT_PRODUCTS, INTEGER_PRODUCTS -> VectorOp.VFMADD231PS;
                            case SUM -> VectorOp.VADDPS;
                            case MAX -> VectorOp.VMAXPS;
                        };
                a.emit(op, masked(sum(p)), hasWeights() ? weights() : sum(p), value);
            }
        }

        /// Whether the sums hold the least of the negated cells: unlike a maximum, a minimum in both orders of the
        /// operands, joined bit by bit, keeps NaN and the sign of zeros.
        private boolean isNegated() {
            return combination == Combination.MAX && input == DType.FLOAT32;
        }

        private void greatest(Vec sum, Mem from) {
            Vec negated = spare();
            Vec other = tier.vec(most + 2);
            a.emit(VectorOp.VMOVUPS, zeroed(negated), from);
            a.emit(VectorOp.VXORPS, negated, negated, a.constant(tier.width, -0f));
            a.emit(VectorOp.VMINPS, other, negated, sum);
            a.emit(VectorOp.VMINPS, masked(sum), sum, negated);
            a.emit(VectorOp.VORPS, masked(sum), sum, other);
        }

        private void finish(int count) {
            boolean integers = combination == Combination.INTEGER_PRODUCTS;
            if (integers) {
                a.mov(SPARE, block(BIAS));
                a.emit(VectorOp.VMOVUPS, zeroed(weights()), Mem.at(SPARE));
            }
            a.mov(SPARE, block(CHANNEL_NUMBERS));
            for (int p = 0; p < count; p++) {
                if (integers) {
                    if (dots == null) {
                        a.emit(VectorOp.VCVTPS2DQ, sum(p), sum(p));
                    }
                    a.emit(VectorOp.VPADDD, sum(p), sum(p), weights());
                    a.emit(VectorOp.VCVTDQ2PS, sum(p), sum(p));
                }
                if (isNegated()) {
                    a.emit(VectorOp.VXORPS, sum(p), sum(p), a.constant(tier.width, -0f));
                }
                Registers free = Registers.range(most + 1, tier.registers);
                Vec result = FormulaEmitter.emit(a, tier, tier.width, free, formula, inputs(sum(p))).get(0);
                store(result, free);
                a.add(AT_Y, Y_STEP);
                if (operands.contains(Source.RESIDUAL)) {
                    a.add(AT_RESIDUAL, Y_STEP);
                }
            }
        }

        private FormulaEmitter.Inputs inputs(Vec cells) {
            return new FormulaEmitter.Inputs() {
                @Override
                public @Nullable Vec held(int input) {
                    return operands.get(input) == Source.CELLS ? cells : null;
                }

                @Override
                public void load(int input, Vec into) {
                    switch (operands.get(input)) {
                        case CELLS -> throw new IllegalStateException("cells are in a register");
                        case RESIDUAL -> a.emit(VectorOp.VMOVUPS, zeroed(into), Mem.at(AT_RESIDUAL));
                        case CHANNEL -> a.emit(VectorOp.VMOVUPS, zeroed(into), Mem.at(SPARE));
                        case NUMBER -> {
                            int index =
                                    (int) operands.subList(0, input).stream().filter(o -> o == Source.NUMBER).count();
                            a.emit(VectorOp.VBROADCASTSS, into, argument(NUMBERS + index));
                        }
                    }
                }
            };
        }

        private void store(Vec result, Registers free) {
            Mem to = tier.hasMasks() ? Mem.at(AT_Y).masked(CHANNELS_MASK) : Mem.at(AT_Y);
            if (output == DType.FLOAT32) {
                a.store(VectorOp.VMOVUPS_STORE, to, result);
                return;
            }
            Vec bytes = free.take(tier.width);
            ByteStore.round(a, tier, bytes, result, output);
            ByteStore.store(a, tier, to, bytes, output, free);
        }
    }
}
