package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// The values of the reference, section 8.7, which ONNX Runtime's MatMulNBits quantizer gave.
class BlockWeightsTest {
    /// One column of −10, −9, …, 21.
    private static Tensor ramp() {
        float[] values = new float[32];
        for (int i = 0; i < values.length; i++) {
            values[i] = i - 10;
        }
        return Tensor.of(Shape.of(32, 1), values);
    }

    @Test
    void fourBitsSymmetric() {
        BlockWeights weights = BlockWeights.of(ramp(), 4, 16, true);
        assertThat(weights.scales().toFloatArray()).containsExactly(1.25f, -2.625f);
        assertThat(weights.zeroPoints().toLongArray()).containsExactly(8, 8);
        assertThat(weights.codes().toLongArray())
                .startsWith(0, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 10, 11, 12)
                .hasSize(32);
        assertThat(weights.dequantize().getFloat(31)).as("the largest is exact").isEqualTo(21);
    }

    @Test
    void fourBitsAsymmetric() {
        BlockWeights weights = BlockWeights.of(ramp(), 4, 16, false);
        assertThat(weights.scales().toFloatArray()).containsExactly(1, 1.4f);
        assertThat(weights.zeroPoints().toLongArray()).containsExactly(10, 0);
    }

    @Test
    void eightBitsSymmetric() {
        BlockWeights weights = BlockWeights.of(ramp(), 8, 16, true);
        assertThat(weights.scales().toFloatArray()).containsExactly(.078125f, -.1640625f);
        assertThat(weights.zeroPoints().toLongArray()).containsExactly(128, 128);
    }

    @Test
    void lastBlocksMayBeShortAndZerosStayZero() {
        BlockWeights weights = BlockWeights.of(Tensor.of(Shape.of(3, 2), 0f, 1f, 0f, -2f, 0f, 3f), 4, 2, true);
        assertThat(weights.scales().shape()).isEqualTo(Shape.of(2, 2));
        assertThat(weights.dequantize().toFloatArray())
                .containsExactly(new float[] {0, 1, 0, -2, 0, 3}, Offset.offset(0f));
    }

    @Test
    void refusesWhatItCannotCut() {
        assertThatThrownBy(() -> BlockWeights.of(ramp(), 3, 16, true)).hasMessageContaining("expected 4 or 8, found 3");
        assertThatThrownBy(() -> BlockWeights.of(Tensor.of(Shape.of(2), 1f, 2f), 4, 16, true))
                .hasMessageContaining("expected a FLOAT32 matrix");
        assertThatThrownBy(() -> BlockWeights.of(Tensor.of(Shape.of(1, 1), Float.NaN), 4, 16, true))
                .hasMessageContaining("not finite at row 0");
    }
}
