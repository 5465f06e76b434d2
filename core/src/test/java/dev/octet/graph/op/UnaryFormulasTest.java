package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.octet.formula.Formula;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Formulas in float against the functions' definitions in double, over the floats from negative to positive NaN: every
/// [#STEP]-th and those around the points where the computation changes. The property `octet.formula.step` set to 1
/// takes all of them.
class UnaryFormulasTest {
    private static final int STEP = Integer.getInteger("octet.formula.step", 30_011);

    /// Neighbours of each critical point, on both sides.
    private static final int NEIGHBOURS = 200;

    private static final float[] CRITICAL = {
        0,
        Float.MIN_NORMAL,
        0x1p-100f,
        0x1p-24f,
        0x1p-12f,
        0.34657359f,
        0.5f,
        0.65f,
        0.70710678f,
        0.92f,
        1,
        1.41421356f,
        2,
        2.5f,
        3,
        3.93f,
        5.5579f,
        6,
        9.02f,
        16.6f,
        20,
        26,
        87.33654f,
        88,
        88.72284f,
        89,
        103.9721f,
        104,
        0x1p23f,
        0x1p31f,
        Float.MAX_VALUE,
        Float.POSITIVE_INFINITY,
        Float.NaN
    };

    /// What the exceptions to a bound on the result's own ulp are measured in.
    enum Measure {
        RESULT,
        /// The larger of the result's and the argument's.
        ARGUMENT,
        /// The larger of the result's and that of 1.
        ONE
    }

    record Case(Unary unary, double bound, Measure measure) {
        @Override
        public String toString() {
            return unary.function() + "(" + unary.alpha() + ", " + unary.beta() + ")";
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (UnaryFunction function : UnaryFunction.values()) {
            if (function.formula(1, 1).isPresent()) {
                cases.add(of(Unary.of(function)));
            }
        }
        cases.add(of(new Unary(UnaryFunction.CLIP, -1.25f, 3)));
        cases.add(of(new Unary(UnaryFunction.GELU, 1, 0)));
        cases.add(of(new Unary(UnaryFunction.HARD_SIGMOID, 1 / 6f, 0.5f)));
        cases.add(of(new Unary(UnaryFunction.SWISH, 1.702f, 0)));
        cases.add(of(new Unary(UnaryFunction.ELU, 0.7f, 0)));
        cases.add(of(new Unary(UnaryFunction.CELU, 1.5f, 0)));
        cases.add(of(new Unary(UnaryFunction.LEAKY_RELU, -0.3f, 0)));
        return cases.stream();
    }

    private static Case of(Unary unary) {
        return switch (unary.function()) {
            case EXP, LOG -> new Case(unary, 1, Measure.RESULT);
            case ERF, TANH -> new Case(unary, 2, Measure.RESULT);
            case GELU, MISH, SWISH -> new Case(unary, 3, Measure.ARGUMENT);
            case HARD_SWISH -> new Case(unary, 2, Measure.ARGUMENT);
            case HARD_SIGMOID -> new Case(unary, 2, Measure.ONE);
            default -> new Case(unary, 3, Measure.RESULT);
        };
    }

    @ParameterizedTest
    @MethodSource("cases")
    void staysCloseToTheDefinition(Case c) {
        Formula formula = c.unary.function().formula(c.unary.alpha(), c.unary.beta()).orElseThrow();
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
            check(c, formula, Float.intBitsToFloat((int) bits));
        }
        for (float point : CRITICAL) {
            for (int d = -NEIGHBOURS; d <= NEIGHBOURS; d++) {
                float x = Float.intBitsToFloat(Float.floatToRawIntBits(point) + d);
                check(c, formula, x);
                check(c, formula, -x);
            }
        }
    }

    private static void check(Case c, Formula formula, float x) {
        double exact = c.unary.function().apply(x, c.unary.alpha(), c.unary.beta());
        float expected = (float) exact;
        float found = formula.apply(x);
        if (Float.isNaN(expected) || Float.isInfinite(expected)) {
            // As objects, since those of NaN are equal.
            assertThat(Float.valueOf(found)).as("%s of %s", c, x).isEqualTo(Float.valueOf(expected));
            return;
        }
        double unit =
                switch (c.measure) {
                    case RESULT -> Math.ulp(expected);
                    case ARGUMENT -> Math.max(Math.ulp(expected), Math.ulp(x));
                    case ONE -> Math.max(Math.ulp(expected), Math.ulp(1f));
                };
        // Below the normal floats 0 will do for functions with an exponential in the denominator.
        double bound = c.bound * unit + (hasExponentialBelow(c.unary.function()) ? Float.MIN_NORMAL * Math.abs(x) : 0);
        if (!(Math.abs(found - exact) <= bound)) {
            assertThat((double) found).as("%s of %s within %s ulp", c, x, c.bound).isCloseTo(exact, offset(bound));
        }
    }

    private static boolean hasExponentialBelow(UnaryFunction function) {
        return function == UnaryFunction.SIGMOID || function == UnaryFunction.SWISH;
    }
}
