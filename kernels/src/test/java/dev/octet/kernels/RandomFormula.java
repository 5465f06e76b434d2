package dev.octet.kernels;

import dev.octet.formula.ElementaryFunctions;
import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Formulas that no one would write, of every operation.
final class RandomFormula {
    private RandomFormula() {}

    static Formula of(Random random, int inputs) {
        FormulaBuilder f = new FormulaBuilder(inputs);
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < inputs; i++) {
            values.add(f.input(i));
        }
        int steps = 1 + random.nextInt(8);
        for (int i = 0; i < steps; i++) {
            values.add(step(random, f, values));
        }
        Value last = values.getLast();
        return random.nextBoolean() ? f.build(last) : f.build(last, any(random, f, values));
    }

    private static Value any(Random random, FormulaBuilder f, List<Value> values) {
        return random.nextInt(5) == 0
                ? f.constant(List.of(0f, -0f, 1f, -2.5f, 300f).get(random.nextInt(5)))
                : values.get(random.nextInt(values.size()));
    }

    private static Value step(Random random, FormulaBuilder f, List<Value> values) {
        Value a = any(random, f, values);
        Value b = any(random, f, values);
        Value c = any(random, f, values);
        return switch (random.nextInt(18)) {
            case 0 -> f.add(a, b);
            case 1 -> f.subtract(a, b);
            case 2 -> f.multiply(a, b);
            case 3 -> f.divide(a, b);
            case 4, 5, 6 -> f.fma(a, b, c);
            case 7 -> f.min(a, b);
            case 8 -> f.max(a, b);
            case 9 -> f.abs(a);
            case 10 -> f.negate(a);
            case 11 -> f.squareRoot(a);
            case 12 -> f.round(a);
            case 13 -> f.floor(a);
            case 14 -> f.ceil(a);
            case 15 -> f.scale(a, f.round(f.min(f.max(b, -200), 200)));
            case 16 -> f.selectLess(a, b, c, a);
            default -> ElementaryFunctions.log(f, ElementaryFunctions.exp(f, a));
        };
    }
}
