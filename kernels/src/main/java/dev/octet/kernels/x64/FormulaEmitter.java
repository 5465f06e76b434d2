package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.formula.Formula.Operation;
import dev.octet.formula.Formula.Step;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the steps of a formula for one vector of elements: the same bits as [Formula#apply] gives for each.
///
/// Constants are operands in the code's memory. Inputs are loaded when the first step reads them, and a register is
/// free again after the last step that reads its value.
final class FormulaEmitter {
    private static final int NOT_A_NUMBER = 0xFFFFFFFF;
    private static final int SIGN = 0x80000000;
    private static final int UNORDERED = 3;
    private static final int LESS = 17;

    /// Bits of `VROUNDPS` that keep it from signalling, and its direction.
    private static final int TO_NEAREST = 8;

    private static final int DOWN = 9;
    private static final int UP = 10;

    /// Opmasks that hold conditions; those below are for tails.
    private static final int FIRST_CONDITION = 2;

    private static final int CONDITIONS = 6;

    /// Where a formula's inputs are.
    interface Inputs {
        /// A register that holds the input already and keeps it; null if it has to be loaded.
        @Nullable Vec held(int input);

        void load(int input, Vec into);
    }

    /// A formula's only input, in a register that keeps it.
    record Held(Vec x) implements Inputs {
        @Override
        public Vec held(int input) {
            return x;
        }

        @Override
        public void load(int input, Vec into) {
            throw new IllegalStateException("the input is held already");
        }
    }

    private final Assembler a;
    private final Tier tier;
    private final Width width;
    private final Registers free;
    private final Formula formula;
    private final Inputs inputs;
    private final int[] lastReads;
    private final @Nullable Vec[] vectors;
    private final int[] conditions;
    private final boolean[] conditionTaken = new boolean[CONDITIONS];
    private final List<Vec> temporaries = new ArrayList<>();

    private FormulaEmitter(Assembler a, Tier tier, Width width, Registers free, Formula formula, Inputs inputs) {
        this.a = a;
        this.tier = tier;
        this.width = width;
        this.free = free;
        this.formula = formula;
        this.inputs = inputs;
        this.lastReads = formula.lastReads();
        this.vectors = new Vec[lastReads.length];
        this.conditions = new int[lastReads.length];
    }

    /// Writes the formula, and gives the registers of its results. These are the caller's to give back, each once,
    /// unless [Inputs#held] gave them.
    ///
    /// @param width of the vectors: the tier's, or a part of it
    /// @param free registers to use; all that are not results are back in it afterwards
    /// @throws Registers.ExhaustedException if there are too few
    static List<Vec> emit(Assembler a, Tier tier, Width width, Registers free, Formula formula, Inputs inputs) {
        FormulaEmitter emitter = new FormulaEmitter(a, tier, width, free, formula, inputs);
        for (int i = 0; i < formula.steps().size(); i++) {
            emitter.step(i);
        }
        return formula.results().stream().map(emitter::result).toList();
    }

    private Vec result(int value) {
        Vec held = vectors[value];
        if (held == null) {
            held = isConstant(value) ? loadConstant(value) : input(value);
            vectors[value] = held;
        }
        return held;
    }

    private void step(int index) {
        Step step = formula.steps().get(index);
        int value = formula.inputs() + index;
        switch (step.operation()) {
            case CONSTANT -> {
                return;
            }
            case LESS -> less(value, step, index);
            case FMA -> vectors[value] = fma(step, index);
            default -> vectors[value] = compute(step, index);
        }
        temporaries.forEach(free::give);
        temporaries.clear();
        release(step, index, vectors[value]);
    }

    /// Gives back what no later step reads, but for the register of this step's result.
    private void release(Step step, int index, @Nullable Vec result) {
        for (int operand : step.operands()) {
            if (lastReads[operand] != index) {
                continue;
            }
            Vec held = vectors[operand];
            if (conditions[operand] != 0) {
                conditionTaken[conditions[operand] - FIRST_CONDITION] = false;
                conditions[operand] = 0;
            } else if (held != null && !isKept(operand) && !held.equals(result)) {
                free.give(held);
            }
            vectors[operand] = null;
        }
    }

    private boolean isConstant(int value) {
        return value >= formula.inputs() && constantStep(value).operation() == Operation.CONSTANT;
    }

    private Step constantStep(int value) {
        return formula.steps().get(value - formula.inputs());
    }

    private boolean isConstant(int value, float number) {
        return isConstant(value)
                && Float.floatToRawIntBits(constantStep(value).constant()) == Float.floatToRawIntBits(number);
    }

    /// Whether a register is not ours to overwrite.
    private boolean isKept(int value) {
        return value < formula.inputs() && inputs.held(value) != null;
    }

    private Vec take() {
        return free.take(width);
    }

    private Vec temporary() {
        Vec register = take();
        temporaries.add(register);
        return register;
    }

    private Vec loadConstant(int value) {
        Vec register = take();
        a.emit(VectorOp.VMOVUPS, register, constant(value));
        return register;
    }

    private Operand constant(int value) {
        return a.constant(tier.width, constantStep(value).constant());
    }

    private Vec input(int value) {
        Vec held = inputs.held(value);
        if (held != null) {
            return held.as(width);
        }
        Vec register = take();
        inputs.load(value, register);
        return register;
    }

    /// The register of a value; constants and inputs not read before are loaded.
    private Vec register(int value) {
        if (isConstant(value)) {
            Vec register = loadConstant(value);
            temporaries.add(register);
            return register;
        }
        Vec held = vectors[value];
        if (held == null) {
            held = input(value);
            vectors[value] = held;
        }
        return held;
    }

    /// The value as the last operand of an instruction, which may be memory.
    private Operand operand(int value) {
        return isConstant(value) ? constant(value) : register(value);
    }

    private boolean dies(int value, int index) {
        return lastReads[value] == index && !isConstant(value) && !isKept(value);
    }

    /// A register for the result: one of an operand that nothing reads later, or a free one.
    private Vec target(Step step, int index) {
        for (int operand : step.operands()) {
            if (dies(operand, index) && conditions[operand] == 0) {
                return register(operand);
            }
        }
        return take();
    }

    private Vec compute(Step step, int index) {
        return switch (step.operation()) {
            case ADD -> commutative(VectorOp.VADDPS, step, index);
            case MUL -> commutative(VectorOp.VMULPS, step, index);
            case SUB -> binary(VectorOp.VSUBPS, step.a(), step.b(), step, index);
            case DIV -> binary(VectorOp.VDIVPS, step.a(), step.b(), step, index);
            case MIN ->
                    isConstant(step.b()) && !isConstant(step.b(), -0f)
                            ? bound(VectorOp.VMINPS, step, index)
                            : min(step);
            case MAX -> isConstant(step.b()) ? bound(VectorOp.VMAXPS, step, index) : max(step);
            case ABS -> bits(VectorOp.VANDPS, ~SIGN, step, index);
            case NEG -> bits(VectorOp.VXORPS, SIGN, step, index);
            case SQRT -> {
                Operand x = operand(step.a());
                Vec y = target(step, index);
                a.emit(VectorOp.VSQRTPS, y, x);
                yield y;
            }
            case ROUND -> round(TO_NEAREST, step, index);
            case FLOOR -> round(DOWN, step, index);
            case CEIL -> round(UP, step, index);
            case SCALE -> tier.hasMasks() ? binary(VectorOp.VSCALEFPS, step.a(), step.b(), step, index) : scale(step);
            case EXPONENT -> exponent(step, index);
            case SELECT -> select(step, index);
            case CONSTANT, FMA, LESS -> throw new IllegalStateException(step.operation() + " is no case here");
        };
    }

    private Vec commutative(VectorOp op, Step step, int index) {
        boolean swap = isConstant(step.a());
        return binary(op, swap ? step.b() : step.a(), swap ? step.a() : step.b(), step, index);
    }

    private Vec binary(VectorOp op, int first, int second, Step step, int index) {
        Vec x = register(first);
        Operand y = operand(second);
        Vec result = target(step, index);
        a.emit(op, result, x, y);
        return result;
    }

    private Vec bits(VectorOp op, int constant, Step step, int index) {
        Vec x = register(step.a());
        Vec result = target(step, index);
        a.emit(op, result, x, a.constant(tier.width, constant));
        return result;
    }

    private Vec round(int mode, Step step, int index) {
        Operand x = operand(step.a());
        Vec result = target(step, index);
        a.emit(tier.hasMasks() ? VectorOp.VRNDSCALEPS : VectorOp.VROUNDPS, result, x, mode);
        return result;
    }

    /// The instructions give the second operand if it is NaN, or if both are zeros.
    private Vec bound(VectorOp op, Step step, int index) {
        Vec constant = register(step.b());
        Operand x = operand(step.a());
        Vec result = target(step, index);
        a.emit(op, result, constant, x);
        if (op == VectorOp.VMAXPS && isConstant(step.b(), 0f)) {
            // A negative zero becomes the constant.
            a.emit(VectorOp.VADDPS, result, result, constant(step.b()));
        }
        return result;
    }

    /// Both orders of the operands: they differ for zeros, whose signs are joined, and for NaN, where one is NaN.
    private Vec min(Step step) {
        Vec x = register(step.a());
        Vec y = register(step.b());
        Vec other = temporary();
        Vec result = take();
        a.emit(VectorOp.VMINPS, result, x, y);
        a.emit(VectorOp.VMINPS, other, y, x);
        a.emit(VectorOp.VORPS, result, result, other);
        return result;
    }

    private Vec max(Step step) {
        Vec x = register(step.a());
        Vec y = register(step.b());
        Vec other = temporary();
        Vec result = take();
        a.emit(VectorOp.VMAXPS, result, x, y);
        a.emit(VectorOp.VMAXPS, other, y, x);
        a.emit(VectorOp.VANDPS, result, result, other);
        if (tier.hasMasks()) {
            int condition = takeCondition();
            a.compare(condition, x, y, UNORDERED);
            a.emit(VectorOp.VORPS, result.merging(condition), result, a.constant(tier.width, NOT_A_NUMBER));
            conditionTaken[condition - FIRST_CONDITION] = false;
        } else {
            a.emit(VectorOp.VCMPPS, other, x, y, UNORDERED);
            a.emit(VectorOp.VORPS, result, result, other);
        }
        return result;
    }

    /// In two factors `2ⁿ` that are normal numbers.
    private Vec scale(Step step) {
        Vec x = register(step.a());
        Operand power = operand(step.b());
        Vec high = temporary();
        Vec low = temporary();
        Vec result = take();
        a.emit(VectorOp.VCVTPS2DQ, high, power);
        a.shift(VectorOp.VPSRAD, low, high, 1);
        a.emit(VectorOp.VPSUBD, high, high, low);
        for (Vec part : new Vec[] {low, high}) {
            a.emit(VectorOp.VPADDD, part, part, a.constant(tier.width, 127));
            a.shift(VectorOp.VPSLLD, part, part, 23);
        }
        a.emit(VectorOp.VMULPS, result, x, low);
        a.emit(VectorOp.VMULPS, result, result, high);
        return result;
    }

    private Vec exponent(Step step, int index) {
        Vec x = register(step.a());
        Vec result = target(step, index);
        if (tier.hasMasks()) {
            a.emit(VectorOp.VGETEXPPS, result, x);
        } else {
            a.shift(VectorOp.VPSRLD, result, x, 23);
            a.emit(VectorOp.VPSUBD, result, result, a.constant(tier.width, 127));
            a.emit(VectorOp.VCVTDQ2PS, result, result);
        }
        return result;
    }

    private void less(int value, Step step, int index) {
        Vec x = register(step.a());
        Operand y = operand(step.b());
        if (tier.hasMasks()) {
            conditions[value] = takeCondition();
            a.compare(conditions[value], x, y, LESS);
        } else {
            Vec result = target(step, index);
            a.emit(VectorOp.VCMPPS, result, x, y, LESS);
            vectors[value] = result;
        }
    }

    private int takeCondition() {
        for (int i = 0; i < CONDITIONS; i++) {
            if (!conditionTaken[i]) {
                conditionTaken[i] = true;
                return FIRST_CONDITION + i;
            }
        }
        throw new Registers.ExhaustedException("opmasks");
    }

    private Vec select(Step step, int index) {
        Vec otherwise = register(step.c());
        Operand then = operand(step.b());
        Vec result = target(step, index);
        if (tier.hasMasks()) {
            a.emit(VectorOp.VBLENDMPS, result.merging(conditions[step.a()]), otherwise, then);
        } else {
            a.emit(VectorOp.VBLENDVPS, result, otherwise, then, register(step.a()).index() << 4);
        }
        return result;
    }

    /// The instructions overwrite one of their operands, so one that nothing reads later is chosen, or a copy.
    private Vec fma(Step step, int index) {
        boolean swap = isConstant(step.a());
        int x = swap ? step.b() : step.a();
        int y = swap ? step.a() : step.b();
        int z = step.c();
        if (dies(z, index)) {
            Vec result = register(z);
            a.emit(VectorOp.VFMADD231PS, result, register(x), operand(y));
            return result;
        }
        if (!isConstant(y) && (dies(x, index) || dies(y, index))) {
            Vec result = register(dies(x, index) ? x : y);
            a.emit(VectorOp.VFMADD213PS, result, register(dies(x, index) ? y : x), operand(z));
            return result;
        }
        Vec factor = register(x);
        if (isConstant(z)) {
            Operand other = operand(y);
            Vec result = take();
            a.emit(VectorOp.VMOVUPS, result, other);
            a.emit(VectorOp.VFMADD213PS, result, factor, constant(z));
            return result;
        }
        Vec addend = register(z);
        Operand other = operand(y);
        Vec result = take();
        a.emit(VectorOp.VMOVUPS, result, addend);
        a.emit(VectorOp.VFMADD231PS, result, factor, other);
        return result;
    }
}
