package dev.octet.kernels.x64;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;

/// Writes reductions in double, whose results are rounded to float once: of rows that follow each other, or of columns
/// side by side. Bytes are reduced to bytes, as [dev.octet.kernels.KernelSpec.GlobalAveragePool] says.
///
/// The block of arguments holds 64-bit numbers: elements of a line, lines, the addresses of input and output, and the
/// distance of a column's elements in bytes. Then, as doubles, what a mean is divided by, and what is subtracted from
/// the sum of a line of bytes; as floats, each in 64 bits, what that is multiplied by, and the output's zero point.
///
/// @param columns whether lines lie side by side
/// @param input FLOAT32, INT8 or UINT8
/// @param output FLOAT32, or where the input has 8 bits INT8 or UINT8
record ReduceGenerator(Tier tier, ReduceFunction function, boolean columns, DType input, DType output)
        implements Generator {
    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr X = Gpr.RSI;
    private static final Gpr Y = Gpr.R8;
    private static final Gpr AT = Gpr.R9;
    private static final Gpr STRIDE = Gpr.R10;
    private static final Gpr LEFT = Gpr.R11;

    /// Whether there is code for a function.
    static boolean has(ReduceFunction function) {
        return switch (function) {
            case SUM, MEAN, L1, L2, SUM_SQUARE -> true;
            case MAX, MIN, PROD, LOG_SUM, LOG_SUM_EXP -> false;
        };
    }

    @Override
    public void emit(Assembler a) {
        Writer writer = new Writer(a);
        a.mov(X, Writer.argument(2));
        a.mov(Y, Writer.argument(3));
        if (columns) {
            writer.columns();
        } else {
            writer.rows();
        }
    }

    private final class Writer {
        private final Assembler a;
        private final Vec sum = tier.vec(0);
        private final Vec other = tier.vec(1);
        private final Vec value = tier.vec(2);
        private final Vec spare = tier.vec(3);
        private final int inputBytes = input.bits() / 8;

        Writer(Assembler a) {
            this.a = a;
        }

        private static Mem argument(int index) {
            return Mem.at(Gpr.RDI, 8 * index);
        }

        void rows() {
            Label row = new Label();
            a.bind(row);
            clear();
            a.mov(COUNT, argument(0));
            ElementLoop.write(
                    a,
                    tier,
                    INDEX,
                    COUNT,
                    LIMIT,
                    tier.lanes() / 2,
                    lanes -> fold(sum, Mem.at(X, INDEX, inputBytes, 0), lanes));
            Reductions.foldDoubles(a, VectorOp.VADDPD, sum, spare);
            finish();
            store(Mem.at(Y), Lanes.SINGLE);
            a.mov(COUNT, argument(0));
            a.lea(X, Mem.at(X, COUNT, inputBytes, 0));
            a.add(Y, output.bits() / 8);
            a.arithmetic(Assembler.Arithmetic.SUB, argument(1), 1);
            a.jump(Condition.NOT_ZERO, row);
        }

        void columns() {
            a.mov(STRIDE, argument(4));
            a.mov(COUNT, argument(1));
            ElementLoop.write(a, tier, INDEX, COUNT, LIMIT, tier.lanes() / 2, this::column);
        }

        /// Two elements at a time: one after the other, each would wait for the one before.
        private void column(Lanes lanes) {
            Label pairs = new Label();
            Label last = new Label();
            Label end = new Label();
            clear();
            a.lea(AT, Mem.at(X, INDEX, inputBytes, 0));
            a.mov(LEFT, argument(0));
            a.sub(LEFT, 2);
            a.jump(Condition.LESS, last);
            a.alignLoop();
            a.bind(pairs);
            fold(sum, Mem.at(AT), lanes);
            fold(other, Mem.at(AT, STRIDE, 1, 0), lanes);
            a.lea(AT, Mem.at(AT, STRIDE, 2, 0));
            a.sub(LEFT, 2);
            a.jump(Condition.GREATER_EQUAL, pairs);
            a.bind(last);
            a.add(LEFT, 2);
            a.jump(Condition.ZERO, end);
            fold(sum, Mem.at(AT), lanes);
            a.bind(end);
            a.emit(VectorOp.VADDPD, sum, sum, other);
            finish();
            store(Mem.at(Y, INDEX, output.bits() / 8, 0), lanes);
        }

        private void clear() {
            a.emit(VectorOp.VXORPS, sum, sum, sum);
            a.emit(VectorOp.VXORPS, other, other, other);
        }

        private void fold(Vec into, Mem from, Lanes lanes) {
            Reductions.loadDoubles(a, value, from, input, lanes);
            switch (function) {
                case L1 -> {
                    Mem magnitude = Reductions.constant(a, tier, Long.MAX_VALUE);
                    a.emit(VectorOp.VANDPS, value, value, magnitude);
                    a.emit(VectorOp.VADDPD, into, into, value);
                }
                case L2, SUM_SQUARE -> a.emit(VectorOp.VFMADD231PD, into, value, value);
                default -> a.emit(VectorOp.VADDPD, into, into, value);
            }
        }

        /// Leaves the results as floats in the lower half of `sum`, those of bytes as integers.
        private void finish() {
            Vec result = sum.as(tier.width.half());
            if (input == DType.FLOAT32) {
                switch (function) {
                    case MEAN -> {
                        a.emit(VectorOp.VPBROADCASTQ, spare, argument(5));
                        a.emit(VectorOp.VDIVPD, sum, sum, spare);
                    }
                    case L2 -> a.emit(VectorOp.VSQRTPD, sum, sum);
                    default -> {}
                }
                a.emit(VectorOp.VCVTPD2PS, result, sum);
                return;
            }
            Vec number = spare.as(result.width());
            a.emit(VectorOp.VPBROADCASTQ, spare, argument(6));
            a.emit(VectorOp.VSUBPD, sum, sum, spare);
            a.emit(VectorOp.VCVTPD2PS, result, sum);
            a.emit(VectorOp.VBROADCASTSS, number, argument(7));
            a.emit(VectorOp.VMULPS, result, result, number);
            a.emit(tier.hasMasks() ? VectorOp.VRNDSCALEPS : VectorOp.VROUNDPS, result, result, 8);
            a.emit(VectorOp.VBROADCASTSS, number, argument(8));
            a.emit(VectorOp.VADDPS, result, result, number);
            ByteStore.round(a, tier, result, result, output);
        }

        private void store(Mem to, Lanes lanes) {
            Vec result = sum.as(tier.width.half());
            boolean floats = output == DType.FLOAT32;
            if (lanes == Lanes.SINGLE) {
                if (floats) {
                    a.store(VectorOp.VMOVSS_STORE, to, result.as(Width.X));
                } else {
                    ByteStore.pack(a, result.as(Width.X), output);
                    a.extractByte(to, result.as(Width.X), 0);
                }
                return;
            }
            Mem element = lanes == Lanes.MASKED ? to.masked(ElementLoop.TAIL) : to;
            if (floats) {
                a.store(VectorOp.VMOVUPS_STORE, element, result);
            } else if (tier.hasMasks()) {
                a.store(VectorOp.VPMOVDB_STORE, element, result);
            } else {
                ByteStore.pack(a, result, output);
                a.store(VectorOp.VMOVSS_STORE, element, result);
            }
        }
    }
}
