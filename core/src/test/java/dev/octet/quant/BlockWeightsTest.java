package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against ONNX Runtime's MatMulNBits quantizer: make_blocks.py made the numbers, and those of the ramp are its, too.
class BlockWeightsTest {
    /// One column of −10, −9, …, 21.
    private static Tensor ramp() {
        float[] values = new float[32];
        for (int i = 0; i < values.length; i++) {
            values[i] = i - 10;
        }
        return Tensor.of(Shape.of(32, 1), values);
    }

    static Stream<JsonNode> goldens() throws IOException {
        try (InputStream in = BlockWeightsTest.class.getResourceAsStream("blocks.json")) {
            return JsonMapper.shared().readTree(in).valueStream();
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void givesTheCodesAndScalesOfOnnxRuntime(JsonNode golden) {
        Tensor matrix = Tensor.allocate(DType.FLOAT32, Shape.of(golden.get("k").asInt(), golden.get("n").asInt()));
        for (int i = 0; i < matrix.elementCount(); i++) {
            matrix.setFloat(i, (float) golden.get("weights").get(i).asDouble());
        }
        boolean symmetric = golden.get("symmetric").asBoolean();
        BlockWeights found =
                BlockWeights.of(matrix, golden.get("bits").asInt(), golden.get("block").asInt(), symmetric);
        assertThat(found.codes().toLongArray()).containsExactly(longs(golden.get("codes")));
        for (int i = 0; i < found.scales().elementCount(); i++) {
            assertThat(found.scales().getFloat(i)).isEqualTo((float) golden.get("scales").get(i).asDouble());
        }
        if (!symmetric) {
            assertThat(found.zeroPoints().toLongArray()).containsExactly(longs(golden.get("zeroPoints")));
        }
    }

    private static long[] longs(JsonNode array) {
        return array.valueStream().mapToLong(JsonNode::asLong).toArray();
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
        assertThatThrownBy(() -> BlockWeights.of(ramp(), 3, 16, true))
                .hasMessageContaining("expected 2, 4 or 8, found 3");
        assertThatThrownBy(() -> BlockWeights.of(Tensor.of(Shape.of(2), 1f, 2f), 4, 16, true))
                .hasMessageContaining("expected a FLOAT32 matrix");
        assertThatThrownBy(() -> BlockWeights.of(Tensor.of(Shape.of(1, 1), Float.NaN), 4, 16, true))
                .hasMessageContaining("not finite at row 0");
    }
}
