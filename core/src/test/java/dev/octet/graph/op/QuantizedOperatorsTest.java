package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Bit for bit what ONNX Runtime computes; `quantized.py` beside the values made them.
class QuantizedOperatorsTest {
    @Test
    void computesAsOnnxRuntime() throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        try (InputStream stream = Objects.requireNonNull(getClass().getResourceAsStream("quantized.json"))) {
            int index = 0;
            for (JsonNode c : JsonMapper.shared().readTree(stream)) {
                counts.merge(c.get("op").asString(), 1, Integer::sum);
                check(c, index++, failures);
            }
        }
        assertThat(failures).isEmpty();
        assertThat(counts)
                .containsOnlyKeys(
                        "ConvInteger",
                        "DequantizeLinear",
                        "DynamicQuantizeLinear",
                        "MatMulInteger",
                        "QGemm",
                        "QLinearAdd",
                        "QLinearConcat",
                        "QLinearConv",
                        "QLinearGlobalAveragePool",
                        "QLinearLeakyRelu",
                        "QLinearMatMul",
                        "QLinearMul",
                        "QLinearSigmoid",
                        "QuantizeLinear");
    }

    private static void check(JsonNode c, int index, List<String> failures) {
        Op op = Operators.read(c.get("domain").asString(), c.get("op").asString(), attributes(c.get("attributes")));
        List<@Nullable Tensor> inputs = new ArrayList<>();
        c.get("inputs").forEach(i -> inputs.add(i.isNull() ? null : tensor(i)));
        List<Tensor> outputs = evaluate(op, inputs, c.get("outputs").size());
        for (int i = 0; i < outputs.size(); i++) {
            Tensor expected = tensor(c.get("outputs").get(i));
            assertThat(outputs.get(i).shape()).as("case %d: %s", index, op).isEqualTo(expected.shape());
            assertThat(outputs.get(i).dtype()).as("case %d: %s", index, op).isEqualTo(expected.dtype());
            long at = outputs.get(i).data().mismatch(expected.data());
            if (at >= 0) {
                long element = at * 8 / expected.dtype().bits();
                failures.add(
                        "case "
                                + index
                                + " "
                                + op
                                + " output "
                                + i
                                + " element "
                                + element
                                + ": expected "
                                + expected.getDouble(element)
                                + ", found "
                                + outputs.get(i).getDouble(element));
            }
        }
    }

    private static List<Tensor> evaluate(Op op, List<@Nullable Tensor> inputs, int outputCount) {
        List<@Nullable TypeInfo> types = new ArrayList<>();
        inputs.forEach(t -> types.add(t == null ? null : TypeInfo.of(t)));
        Inference inference = new Inference(types, inputs, outputCount);
        op.infer(inference);
        List<Tensor> outputs = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            PartialShape shape = Objects.requireNonNull(Objects.requireNonNull(type).shape());
            outputs.add(Tensor.allocate(type.dtype(), shape.toShape()));
        }
        op.evaluate(inputs, outputs);
        return outputs;
    }

    private static Attributes attributes(JsonNode node) {
        Attributes.Builder builder = Attributes.builder();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            JsonNode value = entry.getValue();
            if (value.isArray()) {
                List<Long> numbers = new ArrayList<>();
                value.forEach(v -> numbers.add(v.asLong()));
                builder.put(entry.getKey(), numbers);
            } else if (value.isIntegralNumber()) {
                builder.put(entry.getKey(), value.asLong());
            } else {
                builder.put(entry.getKey(), (float) value.asDouble());
            }
        }
        return builder.build();
    }

    private static Tensor tensor(JsonNode node) {
        long[] dims = new long[node.get("shape").size()];
        Arrays.setAll(dims, i -> node.get("shape").get(i).asLong());
        Tensor tensor = Tensor.allocate(DType.valueOf(node.get("type").asString()), Shape.of(dims));
        for (int i = 0; i < tensor.elementCount(); i++) {
            int value = node.get("values").get(i).asInt();
            if (tensor.dtype() == DType.FLOAT32) {
                tensor.setFloat(i, Float.intBitsToFloat(value));
            } else {
                tensor.setLong(i, value);
            }
        }
        return tensor;
    }

    private static Tensor bytes(DType dtype, int... values) {
        Tensor tensor = Tensor.allocate(dtype, Shape.of(values.length));
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    /// The linear layer of section 8.9 of the reference, where PyTorch and ONNX Runtime agree.
    @Test
    void computesALinearLayerAsPyTorch() {
        Tensor x = bytes(DType.UINT8, 134, 44, 79, 139, 249, 42, 184, 57, 129, 30, 19, 101).reshape(Shape.of(3, 4));
        Tensor w =
                bytes(DType.INT8, -127, 53, -51, -29, 89, 100, 127, 108, 31, 127, 76, 117, -69, -36, -103, -128)
                        .reshape(Shape.of(4, 4));
        Tensor wScale = Tensor.of(Shape.of(4), .007408088f, .006506604f, .007729782f, .003433082f);
        List<@Nullable Tensor> inputs =
                Arrays.asList(
                        x,
                        Tensor.scalar(.015f),
                        Tensor.scalar(DType.UINT8, 130),
                        w,
                        wScale,
                        bytes(DType.INT8, 0, 0, 0, 0),
                        Tensor.of(Shape.of(4), 749, -5801, -3168, -9567),
                        Tensor.scalar(.02f),
                        Tensor.scalar(DType.UINT8, 120));
        Tensor y = evaluate(new QGemm(1, false, true, Epilogue.NONE), inputs, 1).get(0);
        assertThat(y.toIntArray()).containsExactly(109, 25, 23, 113, 11, 95, 33, 92, 132, 0, 0, 144);
        Tensor rectified =
                evaluate(new QGemm(1, false, true, Epilogue.of(Unary.of(UnaryFunction.RELU))), inputs, 1).get(0);
        assertThat(rectified.toIntArray()).containsExactly(120, 120, 120, 120, 120, 120, 120, 120, 132, 120, 120, 144);
    }

    @Test
    void appliesActivationsBeforeQuantizing() {
        List<@Nullable Tensor> inputs =
                Arrays.asList(
                        bytes(DType.UINT8, 0, 10, 20).reshape(Shape.of(1, 1, 3)),
                        Tensor.scalar(0.5f),
                        Tensor.scalar(DType.UINT8, 10),
                        bytes(DType.INT8, 2).reshape(Shape.of(1, 1, 1)),
                        Tensor.scalar(1f),
                        Tensor.scalar(DType.INT8, 0),
                        Tensor.scalar(0.5f),
                        Tensor.scalar(DType.INT8, -3),
                        Tensor.of(Shape.of(1), 1));
        // Real results: -9.5, 0.5, 10.5.
        QLinearConv conv = new QLinearConv(Window.of(1), 1, Epilogue.clip(-2, 6));
        assertThat(evaluate(conv, inputs, 1).get(0).toIntArray()).containsExactly(-7, -2, 9);
        inputs.set(6, null);
        inputs.set(7, null);
        Tensor real = evaluate(conv, inputs, 1).get(0);
        assertThat(real.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(real.toFloatArray()).containsExactly(-2, 0.5f, 6);
    }

    @Test
    void foldsABiasIntoMatrixProducts() {
        List<@Nullable Tensor> inputs =
                Arrays.asList(
                        bytes(DType.UINT8, 3, 5).reshape(Shape.of(2, 1)),
                        Tensor.scalar(1f),
                        Tensor.scalar(DType.UINT8, 1),
                        bytes(DType.INT8, 1, 2).reshape(Shape.of(1, 2)),
                        Tensor.of(Shape.of(2), 0.5f, 0.25f),
                        bytes(DType.INT8, 0, 1),
                        null,
                        null,
                        Tensor.of(Shape.of(2), 1, -1));
        Tensor y = evaluate(new QLinearMatMul(Epilogue.NONE), inputs, 1).get(0);
        assertThat(y.toFloatArray()).containsExactly(1.5f, 0.25f, 2.5f, 0.75f);
    }

    @Test
    void quantizesToFourBits() {
        Tensor x = Tensor.of(Shape.of(5), -20f, 2.5f, 3.5f, 20f, Float.NaN);
        Tensor scale = Tensor.scalar(1f);
        QuantizeLinear plain = new QuantizeLinear(1, 0, DType.INT4);
        assertThat(evaluate(plain, Arrays.asList(x, scale), 1).get(0).toIntArray()).containsExactly(-8, 2, 4, 7, -8);
        Tensor q = evaluate(new QuantizeLinear(), Arrays.asList(x, scale, Tensor.scalar(DType.UINT4, 3)), 1).get(0);
        assertThat(q.dtype()).isEqualTo(DType.UINT4);
        assertThat(q.toIntArray()).containsExactly(0, 5, 7, 15, 0);
        assertThat(
                        evaluate(new DequantizeLinear(), Arrays.asList(q, scale, Tensor.scalar(DType.UINT4, 3)), 1)
                                .get(0)
                                .toFloatArray())
                .containsExactly(-3, 2, 4, 12, -3);
    }

    @Test
    void quantizesHalfPrecisionByItsValue() {
        Tensor x = Tensor.of(Shape.of(2), 0.75f, -1f).cast(DType.FLOAT16);
        Tensor scale = Tensor.scalar(0.5f).cast(DType.FLOAT16);
        Tensor q = evaluate(new QuantizeLinear(), Arrays.asList(x, scale, Tensor.scalar(DType.INT8, 0)), 1).get(0);
        assertThat(q.toIntArray()).containsExactly(2, -2);
        assertThat(evaluate(new DequantizeLinear(), Arrays.asList(q, scale), 1).get(0).dtype())
                .isEqualTo(DType.FLOAT16);
    }

    @Test
    void readsItsOwnForms() {
        Epilogue clip = Epilogue.clip(-1, 6);
        List<Op> operators =
                List.of(
                        new QLinearConv(Window.of(3, 3).withStrides(2, 2), 4, clip),
                        new QGemm(0.5f, true, false, clip),
                        new QLinearMatMul(Epilogue.of(Unary.of(UnaryFunction.GELU))),
                        new QLinearBinary(BinaryFunction.ADD, Epilogue.of(Unary.of(UnaryFunction.RELU))),
                        new QLinearUnary(UnaryFunction.CLIP, 0, 6),
                        new QLinearUnary(UnaryFunction.GELU, 1, 0),
                        new QLinearUnary(UnaryFunction.IDENTITY, 0, 0));
        for (Op op : operators) {
            assertThat(op.domain()).isEqualTo("dev.octet");
            assertThat(Operators.read(op.domain(), op.type(), op.attributes())).isEqualTo(op);
        }
    }

    @Test
    void refusesOperandsThatDoNotFit() {
        Tensor x = bytes(DType.UINT8, 1, 2, 3, 4).reshape(Shape.of(1, 1, 4));
        Tensor one = Tensor.scalar(1f);
        Tensor zero = Tensor.scalar(DType.UINT8, 0);
        Tensor w = bytes(DType.INT8, 1, 1, 1, 1).reshape(Shape.of(2, 1, 2));
        Tensor wZero = Tensor.scalar(DType.INT8, 0);
        QLinearConv conv = new QLinearConv(Window.of(2), 1, Epilogue.NONE);
        assertThatThrownBy(() -> evaluate(conv, Arrays.asList(x, one, wZero, w, one, wZero), 1))
                .hasMessageContaining("x_zero_point: expected UINT8, found INT8");
        Tensor two = Tensor.of(Shape.of(2), 1f, 1f);
        assertThatThrownBy(() -> evaluate(conv, Arrays.asList(x, two, zero, w, one, wZero), 1))
                .hasMessageContaining("x_scale: expected a scalar");
        assertThatThrownBy(() ->
                        evaluate(conv, Arrays.asList(x, one, zero, w, Tensor.of(Shape.of(3), 1f, 1f, 1f), wZero), 1))
                .hasMessageContaining("scales of the weights: expected 1 or 2 numbers");
        assertThatThrownBy(() ->
                        evaluate(
                                new QLinearMatMul(Epilogue.NONE),
                                Arrays.asList(x, one, zero, bytes(DType.INT8, 1, 2, 3), one, wZero),
                                1))
                .hasMessageContaining("inner extents of 1x1x4 and 3: expected 4, found 3");
        assertThatThrownBy(() ->
                        evaluate(
                                new QuantizeLinear(0, 0, null),
                                Arrays.asList(Tensor.of(Shape.of(3), 1f, 2f, 3f), two, null),
                                1))
                .hasMessage("scales: expected 3, found 2");
    }
}
