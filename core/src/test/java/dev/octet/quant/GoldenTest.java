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

/// Bit for bit what PyTorch, ONNX and ONNX Runtime's tools compute; `golden.py` and `make_types.py` beside the values
/// made them.
class GoldenTest {
    private static JsonNode golden;
    private static JsonNode types;

    @BeforeAll
    static void read() throws IOException {
        golden = read("golden.json");
        types = read("types.json");
    }

    private static JsonNode read(String name) throws IOException {
        try (InputStream stream = Objects.requireNonNull(GoldenTest.class.getResourceAsStream(name))) {
            return JsonMapper.shared().readTree(stream);
        }
    }

    @Test
    void choosesParametersAsPyTorch() {
        checkParameters(golden.get("pytorchParams"), NumericsProfile.PYTORCH, 10);
    }

    @Test
    void choosesParametersAsOnnxRuntime() {
        checkParameters(golden.get("onnxRuntimeParams"), NumericsProfile.ONNX, 11);
        checkParameters(types.get("parameters"), NumericsProfile.ONNX, 11);
    }

    /// Types of 2 to 16 bits, per tensor, along each axis, and in blocks along each axis, the last of which may be
    /// short.
    @Test
    void quantizesEveryTypeAlongEveryAxisAsOnnx() {
        assertThat(types.get("tensors").size()).isEqualTo(8 * 7);
        for (JsonNode c : types.get("tensors")) {
            DType dtype = DType.valueOf(c.get("dtype").asString());
            int axis = c.get("axis").asInt();
            int block = c.get("block").asInt();
            Granularity granularity =
                    axis < 0
                            ? Granularity.PER_TENSOR
                            : block == 0 ? Granularity.perChannel(axis) : new Granularity.PerGroup(axis, block);
            QuantParams params =
                    new QuantParams(
                            dtype,
                            (int) dtype.minValue(),
                            (int) dtype.maxValue(),
                            granularity,
                            floats(c.get("scales")),
                            ints(c.get("zeroPoints")));
            checkTensor(c, params, Shape.of(2, 4, 3), NumericsProfile.ONNX);
        }
    }

    private static void checkParameters(JsonNode cases, NumericsProfile profile, int expectedCases) {
        assertThat(cases.size()).isEqualTo(expectedCases);
        for (JsonNode c : cases) {
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
            checkTensor(c, params, Shape.of(300), NumericsProfile.PYTORCH);
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
            checkTensor(c, params, Shape.of(3, 4, 5), NumericsProfile.PYTORCH);
        }
    }

    private static void checkTensor(JsonNode c, QuantParams params, Shape shape, NumericsProfile profile) {
        LinearQuantization quantization = new LinearQuantization(params, profile);
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
