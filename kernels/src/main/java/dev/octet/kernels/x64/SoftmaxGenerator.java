package dev.octet.kernels.x64;

import dev.octet.formula.ElementaryFunctions;
import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Writes softmax of rows that follow each other: their maximum, exponentials in float with their sum in double, and
/// the division.
///
/// The block of arguments holds 64-bit numbers: elements of a row, rows, and the addresses of input and output.
record SoftmaxGenerator(Tier tier) implements Generator {
    private static final long ONE = Double.doubleToRawLongBits(1);

    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr X = Gpr.RSI;
    private static final Gpr Y = Gpr.R8;

    /// `exp(x − max)`
    private static final Formula POWER = power();

    private static final int FIRST_FREE = 5;

    private static Formula power() {
        FormulaBuilder f = new FormulaBuilder(2);
        return f.build(ElementaryFunctions.exp(f, f.subtract(f.input(0), f.input(1))));
    }

    @Override
    public void emit(Assembler a) {
        new Writer(a).rows();
    }

    private final class Writer {
        private final Assembler a;
        private final Vec max = tier.vec(0);
        private final Vec low = tier.vec(1);
        private final Vec high = tier.vec(2);
        private final Vec spare = tier.vec(3);
        private final Vec value = tier.vec(4);

        Writer(Assembler a) {
            this.a = a;
        }

        void rows() {
            a.mov(X, Mem.at(Gpr.RDI, 16));
            a.mov(Y, Mem.at(Gpr.RDI, 24));
            Label row = new Label();
            a.bind(row);
            a.emit(VectorOp.VMOVUPS, max, a.constant(tier.width, Float.NEGATIVE_INFINITY));
            loop(this::max);
            Reductions.foldFloats(a, VectorOp.VMAXPS, max, spare);
            a.emit(VectorOp.VBROADCASTSS, max, max.as(Operand.Width.X));
            a.emit(VectorOp.VXORPS, low, low, low);
            a.emit(VectorOp.VXORPS, high, high, high);
            loop(this::power);
            a.emit(VectorOp.VADDPD, low, low, high);
            Reductions.foldDoubles(a, VectorOp.VADDPD, low, spare);
            Vec sum = low.as(Operand.Width.X);
            a.emit(VectorOp.VMOVUPS, high.as(Operand.Width.X), Reductions.constant(a, tier, ONE));
            a.emit(VectorOp.VDIVPD, sum, high.as(Operand.Width.X), sum);
            a.emit(VectorOp.VCVTPD2PS, sum, sum);
            a.emit(VectorOp.VBROADCASTSS, low, sum);
            loop(this::divide);
            a.mov(COUNT, Mem.at(Gpr.RDI));
            a.lea(X, Mem.at(X, COUNT, 4, 0));
            a.lea(Y, Mem.at(Y, COUNT, 4, 0));
            a.arithmetic(Assembler.Arithmetic.SUB, Mem.at(Gpr.RDI, 8), 1);
            a.jump(Condition.NOT_ZERO, row);
        }

        private void loop(Consumer<Lanes> body) {
            a.mov(COUNT, Mem.at(Gpr.RDI));
            ElementLoop.write(a, tier, INDEX, COUNT, LIMIT, tier.lanes(), body);
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

        private void store(Vec from, Lanes lanes) {
            Mem element = Mem.at(Y, INDEX, 4, 0);
            switch (lanes) {
                case ALL -> a.store(VectorOp.VMOVUPS_STORE, element, from);
                case MASKED -> a.store(VectorOp.VMOVUPS_STORE, element.masked(ElementLoop.TAIL), from);
                case SINGLE -> a.store(VectorOp.VMOVSS_STORE, element, from.as(Operand.Width.X));
            }
        }

        /// NaN is left out, since it is the first operand; the exponentials of a row with NaN have it anyway.
        private void max(Lanes lanes) {
            load(value, X, lanes);
            a.emit(VectorOp.VMAXPS, lanes == Lanes.MASKED ? max.merging(ElementLoop.TAIL) : max, value, max);
        }

        private void power(Lanes lanes) {
            Registers free = Registers.range(FIRST_FREE, tier.registers);
            FormulaEmitter.Inputs inputs =
                    new FormulaEmitter.Inputs() {
                        @Override
                        public @Nullable Vec held(int input) {
                            return input == 1 ? max : null;
                        }

                        @Override
                        public void load(int input, Vec into) {
                            Writer.this.load(into, X, lanes);
                        }
                    };
            List<Vec> results = FormulaEmitter.emit(a, tier, tier.width, free, POWER, inputs);
            Vec power = results.get(0);
            store(power, lanes);
            switch (lanes) {
                case ALL -> {}
                case MASKED -> a.emit(VectorOp.VMOVUPS, power.zeroing(ElementLoop.TAIL), power);
                case SINGLE -> a.emit(VectorOp.VANDPS, power, power, Reductions.first(a, 4));
            }
            Reductions.addFloats(a, power, low, high, spare);
        }

        private void divide(Lanes lanes) {
            load(value, Y, lanes);
            a.emit(VectorOp.VMULPS, value, value, low);
            store(value, lanes);
        }
    }
}
