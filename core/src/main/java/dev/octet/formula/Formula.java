package dev.octet.formula;

import java.util.Arrays;
import java.util.List;

/// A function of FLOAT32 numbers as a straight line of operations, each rounded to float by itself. Whoever evaluates
/// it operation by operation gets the same bits, but for the payload of NaN.
///
/// Values are numbered: the inputs first, then the result of each step. A step reads values before its own only.
///
/// @param inputs number of inputs
/// @param results the values that the function gives, at least one
public record Formula(int inputs, List<Step> steps, List<Integer> results) {
    public Formula {
        steps = List.copyOf(steps);
        results = List.copyOf(results);
        if (results.isEmpty()) {
            throw new IllegalArgumentException("formula: no results");
        }
        for (int i = 0; i < steps.size(); i++) {
            for (int operand : steps.get(i).operands()) {
                requireValue(operand, inputs + i);
            }
        }
        for (int result : results) {
            requireValue(result, inputs + steps.size());
        }
    }

    private static void requireValue(int value, int end) {
        if (value < 0 || value >= end) {
            throw new IllegalArgumentException("formula: expected a value in [0, " + end + "), found " + value);
        }
    }

    /// One operation of IEEE 754, round to nearest, of the operands `a`, `b` and `c`.
    public enum Operation {
        /// The number that the step holds.
        CONSTANT(0),
        ADD(2),
        SUB(2),
        MUL(2),
        DIV(2),
        /// `a·b + c`, rounded once.
        FMA(3),
        /// NaN if one operand is, and −0 is below 0: as [Math#min].
        MIN(2),
        /// NaN if one operand is, and −0 is below 0: as [Math#max].
        MAX(2),
        ABS(1),
        NEG(1),
        SQRT(1),
        /// To the nearest integer, ties to even.
        ROUND(1),
        FLOOR(1),
        CEIL(1),
        /// `a·2ᵇ`, rounded once, for an integer `b` in [−250, 250].
        SCALE(2),
        /// The integer `e` with `2ᵉ ≤ a < 2ᵉ⁺¹`. Unspecified unless `a` is a normal positive number.
        EXPONENT(1),
        /// A condition: whether `a < b`. Only [#SELECT] reads it.
        LESS(2),
        /// `b` if the condition `a` holds, else `c`.
        SELECT(3);

        private final int arity;

        Operation(int arity) {
            this.arity = arity;
        }

        /// Number of operands.
        public int arity() {
            return arity;
        }
    }

    /// An operation on values before it.
    ///
    /// @param b 0 if the operation has one operand
    /// @param c 0 if the operation has at most two
    /// @param constant what [Operation#CONSTANT] gives; else 0
    public record Step(Operation operation, int a, int b, int c, float constant) {
        /// Values that this step reads.
        public int[] operands() {
            return Arrays.copyOf(new int[] {a, b, c}, operation.arity);
        }

        /// The same operation on values of other numbers.
        ///
        /// @param numbers the new number of each value
        Step moved(int[] numbers) {
            int arity = operation.arity;
            return new Step(
                    operation,
                    arity > 0 ? numbers[a] : 0,
                    arity > 1 ? numbers[b] : 0,
                    arity > 2 ? numbers[c] : 0,
                    constant);
        }
    }

    /// For each value the last step that reads it, [#steps]' size if it is a result, or −1 if nothing reads it.
    public int[] lastReads() {
        int[] last = new int[inputs + steps.size()];
        Arrays.fill(last, -1);
        for (int i = 0; i < steps.size(); i++) {
            for (int operand : steps.get(i).operands()) {
                last[operand] = i;
            }
        }
        results.forEach(result -> last[result] = steps.size());
        return last;
    }

    /// The first result for given inputs.
    public float apply(float... arguments) {
        float[] values = Arrays.copyOf(arguments, inputs + steps.size());
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            values[inputs + i] = apply(step, values[step.a], values[step.b], values[step.c]);
        }
        return values[results.get(0)];
    }

    private static float apply(Step step, float a, float b, float c) {
        return switch (step.operation) {
            case CONSTANT -> step.constant;
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case FMA -> Math.fma(a, b, c);
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case ABS -> Math.abs(a);
            case NEG -> -a;
            case SQRT -> (float) Math.sqrt(a);
            case ROUND -> (float) Math.rint(a);
            case FLOOR -> (float) Math.floor(a);
            case CEIL -> (float) Math.ceil(a);
            case SCALE -> Math.scalb(a, (int) b);
            case EXPONENT -> Math.getExponent(a);
            case LESS -> a < b ? 1 : 0;
            case SELECT -> a != 0 ? b : c;
        };
    }
}
