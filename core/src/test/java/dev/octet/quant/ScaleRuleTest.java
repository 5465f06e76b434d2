package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against PyTorch and gemmlowp (make_rules.py made the numbers), and the worked values of the reference.
class ScaleRuleTest {
    private static final JsonNode RULES = read();

    private static JsonNode read() {
        try (InputStream in = ScaleRuleTest.class.getResourceAsStream("rules.json")) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(in));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void check(QuantScheme scheme, NumericsProfile numerics, JsonNode golden) {
        float[] low = floats(golden, "low");
        float[] high = floats(golden, "high");
        float[] scales = floats(golden, "scales");
        assertThat(scales.length).isGreaterThan(40);
        for (int i = 0; i < low.length; i++) {
            QuantParams params = scheme.params(low[i], high[i], numerics);
            assertThat(params.scale()).as("%s scale of [%s, %s]", scheme, low[i], high[i]).isEqualTo(scales[i]);
            assertThat(params.zeroPoint())
                    .as("%s zero point of [%s, %s]", scheme, low[i], high[i])
                    .isEqualTo(golden.get("zeroPoints").get(i).asInt());
        }
    }

    private static float[] floats(JsonNode golden, String name) {
        JsonNode bits = golden.get(name);
        float[] values = new float[bits.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(bits.get(i).asInt());
        }
        return values;
    }

    @Test
    void runTimeParametersEqualPyTorch() {
        assertThat(RULES.get("runTime")).hasSize(6);
        for (JsonNode golden : RULES.get("runTime")) {
            check(
                    new QuantScheme(
                            DType.valueOf(golden.get("dtype").asString()),
                            golden.get("symmetric").asBoolean(),
                            golden.get("quantMin").asInt(),
                            golden.get("quantMax").asInt()),
                    NumericsProfile.PYTORCH_DYNAMIC,
                    golden);
        }
    }

    @Test
    void parametersEqualGemmlowp() {
        check(QuantScheme.affine(DType.UINT8), NumericsProfile.TFLITE, RULES.get("gemmlowp"));
    }

    @Test
    void floatingZeroPointsEqualPyTorch() {
        for (JsonNode golden : RULES.get("table")) {
            DType dtype = DType.valueOf(golden.get("dtype").asString());
            Shape shape = Shape.of(golden.get("shape").get(0).asInt(), golden.get("shape").get(1).asInt());
            Tensor x = Tensor.of(shape, floats(golden, "x"));
            int rows = (int) shape.dim(0);
            float[] mins = new float[rows];
            float[] maxs = new float[rows];
            for (int r = 0; r < rows; r++) {
                mins[r] = Float.POSITIVE_INFINITY;
                maxs[r] = Float.NEGATIVE_INFINITY;
                for (long i = 0; i < shape.dim(1); i++) {
                    mins[r] = Math.min(mins[r], x.getFloat(r * shape.dim(1) + i));
                    maxs[r] = Math.max(maxs[r], x.getFloat(r * shape.dim(1) + i));
                }
            }
            FloatQuantParams params = FloatQuantParams.of(dtype, 0, mins, maxs);
            assertThat(params.scales()).isEqualTo(floats(golden, "scales"));
            assertThat(params.zeroPoints()).isEqualTo(floats(golden, "zeroPoints"));
            Tensor q = params.quantize(x);
            for (int i = 0; i < x.elementCount(); i++) {
                assertThat(q.getLong(i)).as("%s element %d", dtype, i).isEqualTo(golden.get("q").get(i).asLong());
            }
            if (golden.has("real")) {
                assertThat(params.dequantize(q).toFloatArray()).isEqualTo(floats(golden, "real"));
            }
        }
    }

    @Test
    void workedValuesOfTheReference() {
        QuantScheme int8 = QuantScheme.symmetric(DType.INT8);
        NumericsProfile dynamic = NumericsProfile.PYTORCH_DYNAMIC;
        assertThat(int8.params(-1, 0.5, dynamic).scale()).isEqualTo(1 / 128f);
        assertThat(int8.params(0.25, 0.5, dynamic)).isEqualTo(QuantParams.perTensor(DType.INT8, 0.5f / 255, -128));
        assertThat(int8.params(0, 0, dynamic).scale()).isEqualTo(0.1f);
        assertThat(QuantScheme.narrow(DType.INT8).params(-3, 2, NumericsProfile.TENSORRT).scale())
                .isEqualTo((float) (3.0 / 127));
        assertThat(QuantScheme.narrow(DType.INT8).params(-3, 2, NumericsProfile.NCNN).scale())
                .isEqualTo(1 / (127 / 3f));
        assertThat(QuantScheme.narrow(DType.INT8).params(0, 0, NumericsProfile.NCNN).scale()).isEqualTo(1);
        assertThatThrownBy(() -> QuantScheme.affine(DType.UINT8).params(-1, 1, NumericsProfile.NCNN))
                .hasMessageContaining("ncnn quantizes symmetrically");
    }

    /// A shift of at most half a step makes zero exact, and the width stays.
    @Test
    void nudgedRangesContainZeroAsAStep() {
        NudgedRange range = NudgedRange.of(-0.3f, 1, 0, 255);
        assertThat(range.roundTrip(0)).isEqualTo(0);
        assertThat(Math.abs(range.min() + 0.3f)).isLessThanOrEqualTo(range.scale() / 2);
        assertThat(range.max() - range.min()).isCloseTo(1.3f, org.assertj.core.api.Assertions.within(1e-6f));
        NudgedRange positive = NudgedRange.of(0.5f, 1, 0, 255);
        assertThat(positive.min()).isEqualTo(0);
        assertThat(positive.max()).isEqualTo(255 * (0.5f / 255));
        assertThat(positive.roundTrip(7)).isEqualTo(positive.max());
        assertThatThrownBy(() -> NudgedRange.of(1, 1, 0, 255)).hasMessageContaining("expected finite min < max");
    }
}
