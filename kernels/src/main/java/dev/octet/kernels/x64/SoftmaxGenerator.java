package dev.octet.kernels.x64;

import dev.octet.formula.ElementaryFunctions;
import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Writes softmax of rows that follow each other: their maximum, exponentials in float with their sum in double, and
/// the division.
///
/// Rows go two by two where there are registers enough: within a row of some hundred elements most of the time goes by
/// waiting for its maximum and its sum.
///
/// The block of arguments is numbered below.
///
/// @param masked whether a row of a mask is added first
/// @param output type of the results: FLOAT32, or INT8 or UINT8 to quantize them
record SoftmaxGenerator(Tier tier, boolean masked, DType output) implements Generator {
    /// Arguments: elements of a row, rows, and the addresses of input and output.
    static final int LENGTH = 0;

    static final int ROWS = 1;
    static final int X = 2;
    static final int Y = 3;

    /// Address of the mask's row, and bytes from the row for one row of the input to that for the next.
    static final int MASK = 4;

    static final int MASK_STEP = 5;

    /// Address of room for two rows of floats.
    static final int POWERS = 6;

    /// What quantizes: floats, the range in steps from the zero point; and the zero point, an integer of 32 bits.
    static final int SCALE = 7;

    static final int LEAST = 8;
    static final int MOST = 9;
    static final int ZERO_POINT = 10;

    private static final int QUANTIZERS = 4;
    private static final long ONE = Double.doubleToRawLongBits(1);

    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr BLOCK = Gpr.RDI;

    /// Bytes of a row of floats.
    private static final Gpr ROW_BYTES = Gpr.R13;

    /// `exp(x − max)`
    private static final Formula POWER = power();

    private static Formula power() {
        FormulaBuilder f = new FormulaBuilder(2);
        return f.build(ElementaryFunctions.exp(f, f.subtract(f.input(0), f.input(1))));
    }

    @Override
    public void emit(Assembler a) {
        new Writer(a).all();
    }

    private boolean isFloat() {
        return output == DType.FLOAT32;
    }

    /// Registers of a row that is worked on.
    ///
    /// @param from address of the input
    /// @param to address of the result
    /// @param mask address of the mask
    /// @param powers address of the row between the passes; that of the result, if it holds floats
    private record Row(Vec max, Vec low, Vec high, Gpr from, Gpr to, Gpr mask, Gpr powers) {}

    private final class Writer {
        private final Assembler a;
        private final Vec spare = tier.vec(0);
        private final Vec value = tier.vec(1);
        private final List<Row> rows = new ArrayList<>();

        /// Registers from here on are free but in the last pass, where they hold what quantizes.
        private final int firstFree;

        Writer(Assembler a) {
            this.a = a;
            addRow(Gpr.RSI, Gpr.R8, Gpr.RBX, Gpr.RBP);
            if (tier.hasMasks()) {
                addRow(Gpr.R9, Gpr.R10, Gpr.R11, Gpr.R12);
            }
            firstFree = 2 + 3 * rows.size();
        }

        private void addRow(Gpr from, Gpr to, Gpr mask, Gpr powers) {
            int first = 2 + 3 * rows.size();
            Gpr rest = isFloat() ? to : powers;
            rows.add(new Row(tier.vec(first), tier.vec(first + 1), tier.vec(first + 2), from, to, mask, rest));
        }

        void all() {
            Row first = rows.getFirst();
            a.mov(first.from, Mem.at(BLOCK, 8 * X));
            a.mov(first.to, Mem.at(BLOCK, 8 * Y));
            if (masked) {
                a.mov(first.mask, Mem.at(BLOCK, 8 * MASK));
            }
            a.mov(first.powers, Mem.at(BLOCK, 8 * (isFloat() ? Y : POWERS)));
            a.mov(COUNT, Mem.at(BLOCK, 8 * LENGTH));
            a.mov(ROW_BYTES, COUNT);
            a.shiftLeft(ROW_BYTES, 2);
            Label end = new Label();
            if (rows.size() > 1) {
                Label single = new Label();
                Label pair = new Label();
                a.arithmetic(Assembler.Arithmetic.SUB, Mem.at(BLOCK, 8 * ROWS), 2);
                a.jump(Condition.LESS, single);
                a.bind(pair);
                work(rows);
                a.arithmetic(Assembler.Arithmetic.SUB, Mem.at(BLOCK, 8 * ROWS), 2);
                a.jump(Condition.GREATER_EQUAL, pair);
                a.bind(single);
                // One less than what is left.
                a.arithmetic(Assembler.Arithmetic.ADD, Mem.at(BLOCK, 8 * ROWS), 1);
                a.jump(Condition.LESS, end);
                work(rows.subList(0, 1));
            } else {
                Label row = new Label();
                a.bind(row);
                work(rows);
                a.arithmetic(Assembler.Arithmetic.SUB, Mem.at(BLOCK, 8 * ROWS), 1);
                a.jump(Condition.NOT_ZERO, row);
            }
            a.bind(end);
        }

        /// Works on so many rows at once, and goes on to those after them.
        private void work(List<Row> at) {
            for (int i = 1; i < at.size(); i++) {
                follow(at.get(i - 1), at.get(i));
            }
            at.forEach(r -> a.emit(VectorOp.VMOVUPS, r.max, a.constant(tier.width, Float.NEGATIVE_INFINITY)));
            loop(at, this::max);
            at.forEach(this::foldMax);
            loop(at, this::power);
            at.forEach(this::foldSum);
            for (int i = 0; i < QUANTIZERS && !isFloat(); i++) {
                a.emit(VectorOp.VBROADCASTSS, quantizer(i), Mem.at(BLOCK, 8 * (SCALE + i)));
            }
            loop(at, this::divide);
            follow(at.getLast(), rows.getFirst());
        }

        /// Sets the addresses of a row to what comes after another one. Between the passes rows of floats rest in their
        /// results' places, others in the first or the second row there is room for.
        private void follow(Row before, Row row) {
            a.mov(COUNT, Mem.at(BLOCK, 8 * LENGTH));
            a.lea(row.from, Mem.at(before.from, ROW_BYTES, 1, 0));
            a.lea(row.to, Mem.at(before.to, COUNT, isFloat() ? 4 : 1, 0));
            if (masked) {
                a.mov(LIMIT, Mem.at(BLOCK, 8 * MASK_STEP));
                a.lea(row.mask, Mem.at(before.mask, LIMIT, 1, 0));
            }
            if (!isFloat() && !row.equals(rows.getFirst())) {
                a.lea(row.powers, Mem.at(before.powers, ROW_BYTES, 1, 0));
            }
        }

        private void foldMax(Row row) {
            Reductions.foldFloats(a, VectorOp.VMAXPS, row.max, spare);
            a.emit(VectorOp.VBROADCASTSS, row.max, row.max.as(Width.X));
            a.emit(VectorOp.VXORPS, row.low, row.low, row.low);
            a.emit(VectorOp.VXORPS, row.high, row.high, row.high);
        }

        /// The sum's reciprocal.
        private void foldSum(Row row) {
            a.emit(VectorOp.VADDPD, row.low, row.low, row.high);
            Reductions.foldDoubles(a, VectorOp.VADDPD, row.low, spare);
            Vec sum = row.low.as(Width.X);
            a.emit(VectorOp.VMOVUPS, row.high.as(Width.X), Reductions.constant(a, tier, ONE));
            a.emit(VectorOp.VDIVPD, sum, row.high.as(Width.X), sum);
            a.emit(VectorOp.VCVTPD2PS, sum, sum);
            a.emit(VectorOp.VBROADCASTSS, row.low, sum);
        }

        /// The scale, the least and the most steps from the zero point, and the zero point.
        private Vec quantizer(int i) {
            return tier.vec(firstFree + i);
        }

        private void loop(List<Row> at, BiConsumer<Row, Lanes> body) {
            a.mov(COUNT, Mem.at(BLOCK, 8 * LENGTH));
            Consumer<Lanes> each = lanes -> at.forEach(row -> body.accept(row, lanes));
            ElementLoop.write(a, tier, INDEX, COUNT, LIMIT, tier.lanes(), each);
        }

        /// One element fills the vector, where elements are done one by one.
        private void load(Vec into, Gpr from, Lanes lanes) {
            Mem element = Mem.at(from, INDEX, 4, 0);
            switch (lanes) {
                case ALL -> a.emit(VectorOp.VMOVUPS, into, element);
                case MASKED -> a.emit(VectorOp.VMOVUPS, into.zeroing(ElementLoop.TAIL), element);
                case SINGLE -> a.emit(VectorOp.VBROADCASTSS, into, element);
            }
        }

        private void store(Vec from, Gpr to, Lanes lanes) {
            ElementLoop.store(a, Mem.at(to, INDEX, 4, 0), from, lanes);
        }

        /// NaN is left out, since it is the first operand; the exponentials of a row with NaN have it anyway.
        private void max(Row row, Lanes lanes) {
            load(value, row.from, lanes);
            if (masked) {
                load(spare, row.mask, lanes);
                a.emit(VectorOp.VADDPS, value, value, spare);
                store(value, row.powers, lanes);
            }
            Vec max = lanes == Lanes.MASKED ? row.max.merging(ElementLoop.TAIL) : row.max;
            a.emit(VectorOp.VMAXPS, max, value, row.max);
        }

        private void power(Row row, Lanes lanes) {
            Registers free = Registers.range(firstFree, tier.registers);
            FormulaEmitter.Inputs inputs =
                    new FormulaEmitter.Inputs() {
                        @Override
                        public @Nullable Vec held(int input) {
                            return input == 1 ? row.max : null;
                        }

                        @Override
                        public void load(int input, Vec into) {
                            Writer.this.load(into, masked ? row.powers : row.from, lanes);
                        }
                    };
            List<Vec> results = FormulaEmitter.emit(a, tier, tier.width, free, POWER, inputs);
            Vec power = results.get(0);
            store(power, row.powers, lanes);
            switch (lanes) {
                case ALL -> {}
                case MASKED -> a.emit(VectorOp.VMOVUPS, power.zeroing(ElementLoop.TAIL), power);
                case SINGLE -> a.emit(VectorOp.VANDPS, power, power, Reductions.first(a, 4));
            }
            Reductions.addFloats(a, power, row.low, row.high, spare);
        }

        private void divide(Row row, Lanes lanes) {
            load(value, row.powers, lanes);
            a.emit(VectorOp.VMULPS, value, value, row.low);
            if (isFloat()) {
                store(value, row.to, lanes);
            } else {
                quantize(row, lanes);
            }
        }

        /// NaN becomes the second operand of the first comparison: the smallest value.
        private void quantize(Row row, Lanes lanes) {
            a.emit(VectorOp.VDIVPS, value, value, quantizer(0));
            a.emit(VectorOp.VMAXPS, value, value, quantizer(1));
            a.emit(VectorOp.VMINPS, value, value, quantizer(2));
            a.emit(VectorOp.VCVTPS2DQ, value, value);
            a.emit(VectorOp.VPADDD, value, value, quantizer(3));
            Mem element = Mem.at(row.to, INDEX, 1, 0);
            if (lanes == Lanes.SINGLE) {
                ByteStore.pack(a, value.as(Width.X), output);
                a.extractByte(element, value.as(Width.X), 0);
            } else {
                Registers free = Registers.range(firstFree + QUANTIZERS, tier.registers);
                Mem to = lanes == Lanes.MASKED ? element.masked(ElementLoop.TAIL) : element;
                ByteStore.store(a, tier, to, value, output, free);
            }
        }
    }
}
