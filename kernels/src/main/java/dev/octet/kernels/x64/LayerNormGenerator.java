package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.function.Consumer;

/// Writes layer normalization of rows that follow each other: mean and variance in double, the rest in float.
///
/// The block of arguments holds 64-bit numbers: elements of a row, rows, the addresses of input and output, of the
/// scales and the biases, as doubles the number of elements and epsilon, and the address of the residual.
///
/// @param residual whether another input of the same shape is added first
record LayerNormGenerator(Tier tier, boolean bias, boolean residual) implements Generator {
    private static final int UPPER_TAIL = 2;
    private static final long ONE = Double.doubleToRawLongBits(1);

    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr X = Gpr.RSI;
    private static final Gpr Y = Gpr.R8;
    private static final Gpr SCALES = Gpr.R9;
    private static final Gpr BIASES = Gpr.R10;
    private static final Gpr RESIDUAL = Gpr.R11;

    @Override
    public void emit(Assembler a) {
        new Writer(a).rows();
    }

    private final class Writer {
        private final Assembler a;
        private final Vec sum = tier.vec(0);

        /// Sum of the upper halves of the vectors: a sum by itself would wait at every vector.
        private final Vec other = tier.vec(5);

        private final Vec upper = tier.vec(6);
        private final Vec meanRest = tier.vec(7);
        private final Vec mean = tier.vec(1);
        private final Vec factor = tier.vec(2);
        private final Vec value = tier.vec(3);
        private final Vec spare = tier.vec(4);

        Writer(Assembler a) {
            this.a = a;
        }

        private static Mem argument(int index) {
            return Mem.at(Gpr.RDI, 8 * index);
        }

        void rows() {
            a.mov(X, argument(2));
            a.mov(Y, argument(3));
            a.mov(SCALES, argument(4));
            a.mov(BIASES, argument(5));
            if (residual) {
                a.mov(RESIDUAL, argument(8));
            }
            Label row = new Label();
            a.bind(row);
            add(this::sum);
            a.emit(VectorOp.VPBROADCASTQ, mean, argument(6));
            a.emit(VectorOp.VDIVPD, mean.as(Width.X), sum.as(Width.X), mean.as(Width.X));
            a.emit(VectorOp.VPBROADCASTQ, mean, mean.as(Width.X));
            add(this::squares);
            factor();
            splitMean();
            loop(this::normalize);
            a.mov(COUNT, argument(0));
            a.lea(X, Mem.at(X, COUNT, 4, 0));
            a.lea(Y, Mem.at(Y, COUNT, 4, 0));
            if (residual) {
                a.lea(RESIDUAL, Mem.at(RESIDUAL, COUNT, 4, 0));
            }
            a.arithmetic(Assembler.Arithmetic.SUB, argument(1), 1);
            a.jump(Condition.NOT_ZERO, row);
        }

        private void loop(Consumer<Lanes> body) {
            a.mov(COUNT, argument(0));
            ElementLoop.write(a, tier, INDEX, COUNT, LIMIT, tier.lanes(), body);
        }

        private void add(Consumer<Lanes> body) {
            a.emit(VectorOp.VXORPS, sum, sum, sum);
            a.emit(VectorOp.VXORPS, other, other, other);
            loop(body);
            a.emit(VectorOp.VADDPD, sum, sum, other);
            Reductions.foldDoubles(a, VectorOp.VADDPD, sum, spare);
        }

        /// The mean as a float, and what is left of it: elements near it differ from it by little more than its
        /// rounding.
        private void splitMean() {
            Vec exact = mean.as(Width.X);
            Vec rest = meanRest.as(Width.X);
            a.emit(VectorOp.VCVTPD2PS, rest, exact);
            a.emit(VectorOp.VBROADCASTSS, spare, rest);
            a.emit(VectorOp.VCVTPS2PD, rest, rest);
            a.emit(VectorOp.VSUBPD, rest, exact, rest);
            a.emit(VectorOp.VCVTPD2PS, rest, rest);
            a.emit(VectorOp.VBROADCASTSS, meanRest, rest);
            a.emit(VectorOp.VMOVUPS, mean, spare);
        }

        /// Elements past the end count as zeros.
        private void sum(Lanes lanes) {
            load(value, X, lanes);
            if (residual) {
                load(spare, RESIDUAL, lanes);
                a.emit(VectorOp.VADDPS, value, value, spare);
                store(value, lanes);
            }
            Reductions.addFloats(a, value, sum, other, spare);
        }

        /// Elements past the end count nothing, though their differences from the mean are not zero.
        private void squares(Lanes lanes) {
            load(value, summed(), lanes);
            Width half = tier.width.half();
            Reductions.upperHalf(a, upper, value);
            a.emit(VectorOp.VCVTPS2PD, spare, value.as(half));
            a.emit(VectorOp.VCVTPS2PD, upper, upper.as(half));
            a.emit(VectorOp.VSUBPD, lanes == Lanes.MASKED ? spare.zeroing(ElementLoop.TAIL) : spare, spare, mean);
            if (lanes == Lanes.SINGLE) {
                a.emit(VectorOp.VANDPS, spare, spare, Reductions.first(a, 8));
                a.emit(VectorOp.VFMADD231PD, sum, spare, spare);
                return;
            }
            if (lanes == Lanes.MASKED) {
                a.moveMask(LIMIT, ElementLoop.TAIL);
                a.shiftRight(LIMIT, tier.lanes() / 2);
                a.moveMask(UPPER_TAIL, LIMIT);
            }
            a.emit(VectorOp.VSUBPD, lanes == Lanes.MASKED ? upper.zeroing(UPPER_TAIL) : upper, upper, mean);
            a.emit(VectorOp.VFMADD231PD, sum, spare, spare);
            a.emit(VectorOp.VFMADD231PD, other, upper, upper);
        }

        /// `1/√(sum/n + epsilon)` in every lane.
        private void factor() {
            Vec x = sum.as(Width.X);
            Vec operand = factor.as(Width.X);
            a.emit(VectorOp.VPBROADCASTQ, factor, argument(6));
            a.emit(VectorOp.VDIVPD, x, x, operand);
            a.emit(VectorOp.VPBROADCASTQ, factor, argument(7));
            a.emit(VectorOp.VADDPD, x, x, operand);
            a.emit(VectorOp.VSQRTPD, x, x);
            a.emit(VectorOp.VMOVUPS, operand, Reductions.constant(a, tier, ONE));
            a.emit(VectorOp.VDIVPD, x, operand, x);
            a.emit(VectorOp.VCVTPD2PS, x, x);
            a.emit(VectorOp.VBROADCASTSS, factor, x);
        }

        private void load(Vec into, Gpr from, Lanes lanes) {
            Mem element = Mem.at(from, INDEX, 4, 0);
            switch (lanes) {
                case ALL -> a.emit(VectorOp.VMOVUPS, into, element);
                case MASKED -> a.emit(VectorOp.VMOVUPS, into.zeroing(ElementLoop.TAIL), element);
                case SINGLE -> a.emit(VectorOp.VMOVSS, into.as(Width.X), element);
            }
        }

        /// The sums with the residual rest where the results are to be.
        private Gpr summed() {
            return residual ? Y : X;
        }

        private void store(Vec from, Lanes lanes) {
            ElementLoop.store(a, Mem.at(Y, INDEX, 4, 0), from, lanes);
        }

        private void normalize(Lanes lanes) {
            load(value, summed(), lanes);
            a.emit(VectorOp.VSUBPS, value, value, mean);
            a.emit(VectorOp.VSUBPS, value, value, meanRest);
            a.emit(VectorOp.VMULPS, value, value, factor);
            load(spare, SCALES, lanes);
            a.emit(VectorOp.VMULPS, value, value, spare);
            if (bias) {
                load(spare, BIASES, lanes);
                a.emit(VectorOp.VADDPS, value, value, spare);
            }
            store(value, lanes);
        }
    }
}
