package dev.octet.formula;

import dev.octet.formula.Formula.Operation;
import dev.octet.formula.Formula.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes a [Formula]. Equal operations on equal values become one step.
public final class FormulaBuilder {
    private final int inputs;
    private final List<Step> steps = new ArrayList<>();
    private final Map<Step, Value> known = new HashMap<>();

    /// A value of the formula being written.
    public record Value(int number) {}

    /// @param inputs number of inputs of the formula
    public FormulaBuilder(int inputs) {
        this.inputs = inputs;
    }

    public Value input(int index) {
        if (index < 0 || index >= inputs) {
            throw new IllegalArgumentException("formula: expected an input in [0, " + inputs + "), found " + index);
        }
        return new Value(index);
    }

    public Value constant(float value) {
        return step(new Step(Operation.CONSTANT, 0, 0, 0, value));
    }

    public Value add(Value a, Value b) {
        return step(Operation.ADD, a, b);
    }

    public Value add(Value a, float b) {
        return add(a, constant(b));
    }

    public Value subtract(Value a, Value b) {
        return step(Operation.SUB, a, b);
    }

    public Value multiply(Value a, Value b) {
        return step(Operation.MUL, a, b);
    }

    public Value multiply(Value a, float b) {
        return multiply(a, constant(b));
    }

    public Value divide(Value a, Value b) {
        return step(Operation.DIV, a, b);
    }

    /// `a·b + c`, rounded once.
    public Value fma(Value a, Value b, Value c) {
        return step(Operation.FMA, a, b, c);
    }

    public Value fma(Value a, float b, Value c) {
        return fma(a, constant(b), c);
    }

    public Value min(Value a, float b) {
        return min(a, constant(b));
    }

    public Value min(Value a, Value b) {
        return step(Operation.MIN, a, b);
    }

    public Value max(Value a, float b) {
        return max(a, constant(b));
    }

    public Value max(Value a, Value b) {
        return step(Operation.MAX, a, b);
    }

    public Value abs(Value a) {
        return step(Operation.ABS, a);
    }

    public Value negate(Value a) {
        return step(Operation.NEG, a);
    }

    public Value squareRoot(Value a) {
        return step(Operation.SQRT, a);
    }

    public Value round(Value a) {
        return step(Operation.ROUND, a);
    }

    public Value floor(Value a) {
        return step(Operation.FLOOR, a);
    }

    public Value ceil(Value a) {
        return step(Operation.CEIL, a);
    }

    /// `a·2ᵇ`
    public Value scale(Value a, Value b) {
        return step(Operation.SCALE, a, b);
    }

    /// The binary exponent of a normal positive number.
    public Value exponent(Value a) {
        return step(Operation.EXPONENT, a);
    }

    /// `a < b ? then : otherwise`
    public Value selectLess(Value a, Value b, Value then, Value otherwise) {
        return step(Operation.SELECT, step(Operation.LESS, a, b), then, otherwise);
    }

    /// `coefficients[0] + x·(coefficients[1] + x·(…))`, each step rounded once.
    public Value polynomial(Value x, float... coefficients) {
        Value sum = constant(coefficients[coefficients.length - 1]);
        for (int i = coefficients.length - 2; i >= 0; i--) {
            sum = fma(x, sum, constant(coefficients[i]));
        }
        return sum;
    }

    /// The results of another formula.
    public List<Value> apply(Formula formula, Value... arguments) {
        if (arguments.length != formula.inputs()) {
            throw new IllegalArgumentException(
                    "formula: expected " + formula.inputs() + " arguments, found " + arguments.length);
        }
        int[] moved = new int[formula.inputs() + formula.steps().size()];
        for (int i = 0; i < arguments.length; i++) {
            moved[i] = arguments[i].number();
        }
        for (int i = 0; i < formula.steps().size(); i++) {
            moved[formula.inputs() + i] = step(formula.steps().get(i).moved(moved)).number();
        }
        return formula.results().stream().map(result -> new Value(moved[result])).toList();
    }

    /// The formula of these results, without the steps that they don't need.
    public Formula build(Value... results) {
        boolean[] needed = new boolean[inputs + steps.size()];
        for (Value result : results) {
            needed[result.number()] = true;
        }
        for (int i = steps.size() - 1; i >= 0; i--) {
            for (int operand : steps.get(i).operands()) {
                needed[operand] |= needed[inputs + i];
            }
        }
        int[] moved = new int[needed.length];
        List<Step> kept = new ArrayList<>();
        for (int value = 0; value < needed.length; value++) {
            moved[value] = value < inputs ? value : inputs + kept.size();
            if (value >= inputs && needed[value]) {
                kept.add(steps.get(value - inputs).moved(moved));
            }
        }
        return new Formula(inputs, kept, Arrays.stream(results).map(r -> moved[r.number()]).toList());
    }

    private Value step(Operation operation, Value a) {
        return step(new Step(operation, a.number(), 0, 0, 0));
    }

    private Value step(Operation operation, Value a, Value b) {
        return step(new Step(operation, a.number(), b.number(), 0, 0));
    }

    private Value step(Operation operation, Value a, Value b, Value c) {
        return step(new Step(operation, a.number(), b.number(), c.number(), 0));
    }

    private Value step(Step step) {
        return known.computeIfAbsent(
                step,
                s -> {
                    steps.add(s);
                    return new Value(inputs + steps.size() - 1);
                });
    }
}
