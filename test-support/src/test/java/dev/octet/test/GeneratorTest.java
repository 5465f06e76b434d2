package dev.octet.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GeneratorTest {
    @Test
    void aFailureNamesSeedAndCaseAndDrawsAgain() {
        List<Integer> drawn = new ArrayList<>();
        assertThatThrownBy(() ->
                        Generator.forAll(
                                99,
                                100,
                                g -> {
                                    int value = g.integer(0, 9);
                                    drawn.add(value);
                                    assertThat(value).isNotEqualTo(3);
                                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("case " + (drawn.size() - 1) + " of seed 99");
        assertThat(Generator.caseOf(99, drawn.size() - 1).integer(0, 9)).isEqualTo(3);
    }

    @Test
    void integersCoverTheirWholeRangeAndBothEnds() {
        for (DType dtype : List.of(DType.INT4, DType.UINT8, DType.INT8, DType.INT32, DType.INT64)) {
            long[] values = Generator.of(1).integers(dtype, Shape.of(2000)).toLongArray();
            assertThat(values).contains(dtype.minValue(), dtype.maxValue());
        }
    }

    @Test
    void extremesHoldNaNAndInfinities() {
        float[] values = Generator.of(2).floatsWithExtremes(Shape.of(4000), -1, 1).toFloatArray();
        assertThat(values).contains(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f);
    }
}
