package dev.octet.quant;

import static dev.octet.quant.FixedPointMultiplier.RoundingSteps.DOUBLE;
import static dev.octet.quant.FixedPointMultiplier.RoundingSteps.SINGLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FixedPointMultiplierTest {
    @ParameterizedTest
    @CsvSource({
        "1073741824, 3, 2",
        "1073741824, -3, -1",
        "1073741824, 1, 1",
        "1073741824, -1, 0",
        "-2147483648, -2147483648, 2147483647",
        "123456789, 987654321, 56779306",
        "-123456789, 987654321, -56779306"
    })
    void multipliesHighHalves(int a, int b, int expected) {
        assertThat(FixedPoint.multiplyHigh(a, b)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"-12, 3, -2", "12, 3, 2", "-4, 3, -1", "4, 3, 1", "-5, 1, -3", "5, 1, 3", "-20, 3, -3", "-7, 0, -7"})
    void dividesByPowersOfTwo(int x, int exponent, int expected) {
        assertThat(FixedPoint.divideByPowerOfTwo(x, exponent)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0.0003, 1319413953, -11",
        "0.5, 1073741824, 0",
        "0.999999999999, 1073741824, 1",
        "1.5, 1610612736, 1",
        "0.0072474273, 1992157647, -7",
        "0, 0, 0",
        "1e-11, 0, 0"
    })
    void normalizesRatios(double ratio, int multiplier, int shift) {
        assertThat(FixedPointMultiplier.of(ratio, SINGLE))
                .isEqualTo(new FixedPointMultiplier(multiplier, shift, SINGLE));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0072474273, 199174, 1444, 1443",
        "0.0072474273, -199864, -1449, -1448",
        "0.5, -1, 0, 0",
        "0.5, 12345, 6173, 6173",
        "0.5, -12345, -6172, -6172",
        "1.5, 3, 5, 5",
        "0, 12345, 0, 0"
    })
    void roundsOnceOrTwice(double ratio, int accumulator, int twice, int once) {
        assertThat(FixedPointMultiplier.of(ratio, DOUBLE).multiply(accumulator)).isEqualTo(twice);
        assertThat(FixedPointMultiplier.of(ratio, SINGLE).multiply(accumulator)).isEqualTo(once);
    }

    @Test
    void roundingStepsDifferAsOftenAsCounted() {
        FixedPointMultiplier twice = FixedPointMultiplier.of(0.0072474273, DOUBLE);
        FixedPointMultiplier once = FixedPointMultiplier.of(0.0072474273, SINGLE);
        int different = 0;
        for (int x = -200_000; x < 200_000; x++) {
            different += twice.multiply(x) == once.multiply(x) ? 0 : 1;
        }
        assertThat(different).isEqualTo(1564);
    }

    @Test
    void saturatesTheResult() {
        assertThat(FixedPointMultiplier.of(1 << 20, SINGLE).multiply(1 << 20)).isEqualTo(Integer.MAX_VALUE);
        assertThat(new FloatMultiplier(0.5f).requantize(Integer.MAX_VALUE, 3, -128, 127)).isEqualTo(127);
        assertThat(FixedPointMultiplier.of(0.5, DOUBLE).requantize(-100, 3, -128, 127)).isEqualTo(-47);
    }

    @Test
    void floatMultipliersRoundTiesToEven() {
        FloatMultiplier half = new FloatMultiplier(0.5f);
        assertThat(new int[] {half.multiply(1), half.multiply(3), half.multiply(5), half.multiply(7)})
                .containsExactly(0, 2, 2, 4);
    }

    @Test
    void refusesRatiosOutsideItsRange() {
        assertThatThrownBy(() -> FixedPointMultiplier.of(-0.5, SINGLE)).hasMessageContaining("-0.5");
        assertThatThrownBy(() -> FixedPointMultiplier.of(Double.NaN, SINGLE)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new FixedPointMultiplier(-3, 0, SINGLE)).hasMessageContaining("found -3");
    }
}
