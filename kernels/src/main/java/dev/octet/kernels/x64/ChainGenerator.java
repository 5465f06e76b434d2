package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes a loop over rows of elements that evaluates a formula for each.
///
/// The block of arguments holds 64-bit numbers: elements of a row, rows, then the address of each input and output, and
/// then by how many bytes each moves from row to row.
///
/// @param inputs of the formula
/// @param outputs type of each result; integers are rounded and clamped
record ChainGenerator(Tier tier, Formula formula, List<Input> inputs, List<DType> outputs) implements Generator {
    private static final Gpr ARGUMENTS = Gpr.RDI;
    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr COUNT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr[] POINTERS = {
        Gpr.RSI, Gpr.RBX, Gpr.RBP, Gpr.R8, Gpr.R9, Gpr.R10, Gpr.R11, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15
    };

    /// Most inputs and outputs together.
    static final int MOST_OPERANDS = POINTERS.length;

    /// Arguments before the addresses.
    static final int FIRST_ADDRESS = 2;

    /// Registers that formulas should have, whatever is held through a row.
    private static final int WORKING_REGISTERS = 12;

    /// An operand of FLOAT32, INT8, UINT8 or INT32.
    ///
    /// @param repeated whether all elements of a row read the same one
    record Input(DType dtype, boolean repeated) {}

    @Override
    public void emit(Assembler a) {
        new Writer(a).rows();
    }

    private final class Writer {
        private final Assembler a;
        private final Registers free = Registers.all(tier);
        private final @Nullable Vec[] held = new Vec[inputs.size()];

        Writer(Assembler a) {
            this.a = a;
        }

        void rows() {
            int operands = inputs.size() + outputs.size();
            for (int i = 0; i < operands; i++) {
                a.mov(POINTERS[i], argument(FIRST_ADDRESS + i));
            }
            holdRepeated();
            Label row = new Label();
            a.bind(row);
            for (int i = 0; i < inputs.size(); i++) {
                if (held[i] != null) {
                    load(i, held[i], Lanes.ALL);
                }
            }
            row();
            for (int i = 0; i < operands; i++) {
                a.arithmetic(Assembler.Arithmetic.ADD, POINTERS[i], argument(FIRST_ADDRESS + operands + i));
            }
            a.arithmetic(Assembler.Arithmetic.SUB, argument(1), 1);
            a.jump(Condition.NOT_ZERO, row);
        }

        private static Mem argument(int index) {
            return Mem.at(ARGUMENTS, 8 * index);
        }

        /// Registers for operands that a row repeats, as far as there are enough.
        private void holdRepeated() {
            for (int i = 0; i < inputs.size(); i++) {
                if (inputs.get(i).repeated() && free.count() > WORKING_REGISTERS) {
                    held[i] = free.take(tier.width);
                }
            }
        }

        private void row() {
            a.mov(COUNT, argument(0));
            ElementLoop.write(a, tier, INDEX, COUNT, LIMIT, tier.lanes(), this::elements);
        }

        private void elements(Lanes lanes) {
            Width width = lanes == Lanes.SINGLE ? Width.X : tier.width;
            List<Vec> results =
                    FormulaEmitter.emit(
                            a,
                            tier,
                            width,
                            free,
                            formula,
                            new FormulaEmitter.Inputs() {
                                @Override
                                public @Nullable Vec held(int input) {
                                    return held[input];
                                }

                                @Override
                                public void load(int input, Vec into) {
                                    Writer.this.load(input, into, lanes);
                                }
                            });
            for (int i = 0; i < results.size(); i++) {
                store(i, results.get(i), lanes);
            }
            for (Vec result : new LinkedHashSet<>(results)) {
                if (!isHeld(result)) {
                    free.give(result);
                }
            }
        }

        private boolean isHeld(Vec register) {
            for (Vec h : held) {
                if (h != null && h.index() == register.index()) {
                    return true;
                }
            }
            return false;
        }

        private Mem element(int operand, DType dtype, boolean repeated) {
            Gpr pointer = POINTERS[operand];
            return repeated ? Mem.at(pointer) : Mem.at(pointer, INDEX, dtype.bits() / 8, 0);
        }

        private void load(int operand, Vec into, Lanes lanes) {
            Input input = inputs.get(operand);
            Mem from = element(operand, input.dtype(), input.repeated());
            Vec target = lanes == Lanes.MASKED && !input.repeated() ? into.zeroing(ElementLoop.TAIL) : into;
            boolean isByte = input.dtype().bits() == 8;
            if (isByte) {
                VectorOp widen = input.dtype() == DType.UINT8 ? VectorOp.VPMOVZXBD : VectorOp.VPMOVSXBD;
                if (input.repeated() || lanes == Lanes.SINGLE) {
                    a.emit(VectorOp.VPBROADCASTB, into.as(Width.X), from);
                    a.emit(widen, into, into.as(Width.X));
                } else {
                    a.emit(widen, target, from);
                }
            } else if (input.repeated()) {
                a.emit(VectorOp.VBROADCASTSS, into, from);
            } else {
                a.emit(lanes == Lanes.SINGLE ? VectorOp.VMOVSS : VectorOp.VMOVUPS, target, from);
            }
            if (input.dtype() != DType.FLOAT32) {
                a.emit(VectorOp.VCVTDQ2PS, into, into);
            }
        }

        private void store(int index, Vec value, Lanes lanes) {
            DType dtype = outputs.get(index);
            Mem to = element(inputs.size() + index, dtype, false);
            if (lanes == Lanes.MASKED) {
                to = to.masked(ElementLoop.TAIL);
            }
            if (dtype == DType.FLOAT32) {
                a.store(lanes == Lanes.SINGLE ? VectorOp.VMOVSS_STORE : VectorOp.VMOVUPS_STORE, to, value);
                return;
            }
            Vec bytes = free.take(value.width());
            ByteStore.round(a, tier, bytes, value, dtype);
            if (lanes == Lanes.SINGLE) {
                ByteStore.pack(a, bytes, dtype);
                a.extractByte(to, bytes, 0);
            } else {
                ByteStore.store(a, tier, to, bytes, dtype, free);
            }
            free.give(bytes);
        }
    }

    /// Registers are counted by writing the code once.
    boolean fits() {
        if (inputs.size() + outputs.size() > MOST_OPERANDS) {
            return false;
        }
        try {
            emit(new Assembler());
            return true;
        } catch (Registers.ExhaustedException e) {
            return false;
        }
    }

    /// Operands, inputs before outputs.
    List<DType> types() {
        List<DType> types = new ArrayList<>(inputs.stream().map(Input::dtype).toList());
        types.addAll(outputs);
        return types;
    }
}
