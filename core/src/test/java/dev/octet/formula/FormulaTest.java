package dev.octet.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.formula.Formula.Operation;
import dev.octet.formula.Formula.Step;
import dev.octet.formula.FormulaBuilder.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormulaTest {
    @Test
    void equalOperationsAreOneStep() {
        FormulaBuilder f = new FormulaBuilder(2);
        Value sum = f.add(f.input(0), f.input(1));
        Formula formula = f.build(f.multiply(sum, f.add(f.input(0), f.input(1))));
        assertThat(formula.steps())
                .containsExactly(new Step(Operation.ADD, 0, 1, 0, 0), new Step(Operation.MUL, 2, 2, 0, 0));
        assertThat(formula.apply(2, 3)).isEqualTo(25);
    }

    @Test
    void stepsThatNoResultNeedsAreLeftOut() {
        FormulaBuilder f = new FormulaBuilder(1);
        Value unused = f.squareRoot(f.input(0));
        f.add(unused, 4);
        Formula formula = f.build(f.negate(f.abs(f.input(0))));
        assertThat(formula.steps())
                .containsExactly(new Step(Operation.ABS, 0, 0, 0, 0), new Step(Operation.NEG, 1, 0, 0, 0));
        assertThat(formula.apply(-3)).isEqualTo(-3);
    }

    @Test
    void aFormulaMayBePartOfAnother() {
        FormulaBuilder inner = new FormulaBuilder(2);
        Formula difference = inner.build(inner.subtract(inner.input(0), inner.input(1)));
        FormulaBuilder outer = new FormulaBuilder(1);
        Value minusOne = outer.apply(difference, outer.input(0), outer.constant(1)).get(0);
        Formula formula = outer.build(outer.apply(difference, outer.constant(10), minusOne).get(0));
        assertThat(formula.apply(3)).isEqualTo(8);
    }

    @Test
    void productsAndSumsAreRoundedApartOrAtOnce() {
        float third = 1 / 3f;
        FormulaBuilder f = new FormulaBuilder(1);
        Formula apart = f.build(f.add(f.multiply(f.input(0), third), -1));
        Formula once = f.build(f.fma(f.input(0), third, f.constant(-1)));
        assertThat(apart.apply(3)).isEqualTo(0);
        assertThat(once.apply(3)).isEqualTo((float) (3.0 * third - 1)).isNotEqualTo(0);
    }

    @Test
    void zerosAndNanAreOrderedAsInMath() {
        FormulaBuilder f = new FormulaBuilder(2);
        Formula min = f.build(f.min(f.input(0), f.input(1)));
        Formula max = f.build(f.max(f.input(0), f.input(1)));
        assertThat(Float.floatToRawIntBits(min.apply(0f, -0f))).isEqualTo(Float.floatToRawIntBits(-0f));
        assertThat(Float.floatToRawIntBits(max.apply(-0f, 0f))).isEqualTo(0);
        assertThat(min.apply(1, Float.NaN)).isNaN();
        assertThat(max.apply(Float.NaN, 1)).isNaN();
    }

    @Test
    void scalingRoundsOnce() {
        FormulaBuilder f = new FormulaBuilder(2);
        Formula scale = f.build(f.scale(f.input(0), f.input(1)));
        assertThat(scale.apply(1.5f, 128)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(scale.apply(0.75f, 128)).isEqualTo(0.75f * 0x1p127f * 2);
        assertThat(scale.apply(1.5f, -149)).isEqualTo(2 * Float.MIN_VALUE);
        assertThat(scale.apply(1.25f, -149)).isEqualTo(Float.MIN_VALUE);
    }

    @Test
    void lastReads() {
        FormulaBuilder f = new FormulaBuilder(2);
        Value product = f.multiply(f.input(0), f.input(0));
        Formula formula = f.build(f.add(product, 1));
        assertThat(formula.lastReads()).containsExactly(0, -1, 2, 2, 3);
    }

    @Test
    void aStepReadsOnlyWhatIsBeforeIt() {
        List<Step> steps = List.of(new Step(Operation.ADD, 0, 1, 0, 0));
        assertThatThrownBy(() -> new Formula(1, steps, List.of(1)))
                .hasMessage("formula: expected a value in [0, 1), found 1");
        assertThatThrownBy(() -> new Formula(1, List.of(), List.of())).hasMessage("formula: no results");
        FormulaBuilder f = new FormulaBuilder(1);
        assertThatThrownBy(() -> f.input(1)).hasMessage("formula: expected an input in [0, 1), found 1");
    }
}
