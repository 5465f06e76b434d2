package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Bit for bit what PyTorch and ONNX Runtime's tools compute; `golden.py` beside the values made them.
class GoldenTest {
    private static JsonNode golden;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream stream = Objects.requireNonNull(GoldenTest.class.getResourceAsStream("golden.json"))) {
            golden = JsonMapper.shared().readTree(stream);
        }
    }

    @Test
    void choosesParametersAsPyTorch() {
        checkParameters("pytorchParams", NumericsProfile.PYTORCH, 10);
    }

    @Test
    void choosesParametersAsOnnxRuntime() {
        checkParameters("onnxRuntimeParams", NumericsProfile.ONNX, 11);
    }

    private static void checkParameters(String key, NumericsProfile profile, int expectedCases) {
        assertThat(golden.get(key).size()).isEqualTo(expectedCases);
        for (JsonNode c : golden.get(key)) {
            QuantScheme scheme =
                    new QuantScheme(
                            DType.valueOf(c.get("dtype").asString()),
                            c.get("symmetric").asInt() == 1,
                            c.get("quantMin").asInt(),
                            c.get("quantMax").asInt());
            float[] mins = floats(c.get("mins"));
            float[] maxs = floats(c.get("maxs"));
            QuantParams params = scheme.params(mins, maxs, 0, profile);
            assertThat(params.scales()).as(scheme.toString()).isEqualTo(floats(c.get("scales")));
            assertThat(params.zeroPoints()).as(scheme.toString()).isEqualTo(ints(c.get("zeroPoints")));
            QuantParams first = scheme.params(mins[10], maxs[10], profile);
            assertThat(first.scale()).isEqualTo(params.scales()[10]);
            assertThat(first.zeroPoint()).isEqualTo(params.zeroPoints()[10]);
        }
    }

    @Test
    void quantizesTensorsAsPyTorch() {
        for (JsonNode c : golden.get("pytorchQuantize")) {
            QuantParams params =
                    QuantParams.perTensor(
                            DType.valueOf(c.get("dtype").asString()),
                            floats(c.get("scale"))[0],
                            c.get("zeroPoint").asInt());
            checkTensor(c, params, Shape.of(300));
        }
    }

    @Test
    void quantizesChannelsAsPyTorch() {
        for (JsonNode c : golden.get("pytorchPerChannel")) {
            QuantParams params =
                    new QuantParams(
                            DType.INT8,
                            -128,
                            127,
                            Granularity.perChannel(c.get("axis").asInt()),
                            floats(c.get("scales")),
                            ints(c.get("zeroPoints")));
            checkTensor(c, params, Shape.of(3, 4, 5));
        }
    }

    private static void checkTensor(JsonNode c, QuantParams params, Shape shape) {
        LinearQuantization quantization = new LinearQuantization(params, NumericsProfile.PYTORCH);
        Tensor q = quantization.quantize(Tensor.of(shape, floats(c.get("x"))));
        if (c.has("q")) {
            assertThat(q.toIntArray()).isEqualTo(ints(c.get("q")));
        }
        assertThat(quantization.dequantize(q).toFloatArray()).isEqualTo(floats(c.get("dequantized")));
    }

    private static float[] floats(JsonNode bits) {
        float[] values = new float[bits.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(bits.get(i).asInt());
        }
        return values;
    }

    private static int[] ints(JsonNode numbers) {
        int[] values = new int[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers.get(i).asInt();
        }
        return values;
    }
}
