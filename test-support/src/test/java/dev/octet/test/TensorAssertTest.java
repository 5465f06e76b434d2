package dev.octet.test;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

final class TensorAssertTest {
    private static final Tensor EXPECTED = Tensor.of(Shape.of(4), 1f, -2f, 0f, 100f);

    @Test
    void closeMeansAbsolutePlusRelative() {
        Tensor actual = Tensor.of(Shape.of(4), 1.001f, -2.001f, 0.0009f, 100.09f);
        assertThatCode(() -> TensorAssert.assertThat(actual).isCloseTo(EXPECTED, 1e-3, 1e-3))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> TensorAssert.assertThat(actual).isCloseTo(EXPECTED, 1e-3, 1e-4))
                .hasMessageContaining("element 3")
                .hasMessageContaining("100.0");
    }

    @Test
    void nanIsCloseToNothingButItself() {
        Tensor nan = Tensor.of(Shape.of(4), 1f, Float.NaN, 0f, 100f);
        TensorAssert.assertThat(nan).isCloseTo(nan, 0, 0);
        assertThatThrownBy(() -> TensorAssert.assertThat(nan).isCloseTo(EXPECTED, 1e9, 1))
                .hasMessageContaining("element 1");
        assertThatThrownBy(() -> TensorAssert.assertThat(EXPECTED).isCloseTo(nan, 1e9, 1))
                .hasMessageContaining("element 1");
    }

    @Test
    void identicalTellsZerosApart() {
        Tensor negativeZero = Tensor.of(Shape.of(4), 1f, -2f, -0f, 100f);
        assertThatThrownBy(() -> TensorAssert.assertThat(negativeZero).isIdenticalTo(EXPECTED))
                .hasMessageContaining("element 2");
    }

    @Test
    void shapesMustBeEqual() {
        assertThatThrownBy(() -> TensorAssert.assertThat(EXPECTED.reshape(Shape.of(2, 2))).isCloseTo(EXPECTED, 1, 1))
                .hasMessageContaining("FLOAT32 2x2");
    }

    @Test
    void sqnrIsInDecibels() {
        Tensor noisy = Tensor.of(Shape.of(4), 1f, -2f, 0f, 101f);
        Assertions.assertThat(TensorAssert.sqnr(EXPECTED, noisy)).isCloseTo(40.0, within(0.01));
        assertThatThrownBy(() -> TensorAssert.assertThat(noisy).hasSqnrAtLeast(EXPECTED, 41))
                .hasMessageContaining("40.0");
    }
}
