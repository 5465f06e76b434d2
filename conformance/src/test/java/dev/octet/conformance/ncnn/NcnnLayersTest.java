package dev.octet.conformance.ncnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.octet.conformance.GoldenCases;
import dev.octet.engine.Numerics;
import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A quantized convolution or inner product run with ncnn's numerics gives the bits of ncnn's layer:
/// make_ncnn_goldens.py made the numbers with ncnn. Activations other than ReLU, LeakyReLU and Clip use an exponential
/// of the C library.
class NcnnLayersTest {
    private static final int CLIP = 3;

    private static List<JsonNode> cases() {
        return GoldenCases.read(NcnnLayersTest.class, "layers.json");
    }

    @Test
    void floatsToFloats() {
        List<JsonNode> cases = cases().stream().filter(c -> c.has("y")).toList();
        assertThat(cases).hasSize(10);
        for (JsonNode golden : cases) {
            Tensor y = run(golden);
            assertThat(y.dtype()).isEqualTo(DType.FLOAT32);
            float[] expected = floats(golden.path("y"));
            float[] found = y.toFloatArray();
            if (golden.path("activation").asInt() <= CLIP) {
                assertThat(found).as(name(golden)).isEqualTo(expected);
            } else {
                assertThat(found).as(name(golden)).hasSameSizeAs(expected);
                for (int i = 0; i < found.length; i++) {
                    assertThat(found[i]).as(name(golden)).isCloseTo(expected[i], within(2e-6f));
                }
            }
        }
    }

    @Test
    void int8ToInt8() {
        List<JsonNode> cases = cases().stream().filter(c -> c.has("q")).toList();
        assertThat(cases).hasSize(8);
        for (JsonNode golden : cases) {
            Tensor q = run(golden);
            assertThat(q.dtype()).isEqualTo(DType.INT8);
            List<Integer> expected = new ArrayList<>();
            golden.path("q").forEach(n -> expected.add(n.asInt()));
            assertThat(q.toIntArray()).as(name(golden)).containsExactly(expected.stream().mapToInt(i -> i).toArray());
        }
    }

    /// Through a Split to layers that all take INT8 the result is requantized once, with the bits of one consumer's.
    @Test
    void int8ToSeveralInt8() {
        JsonNode golden = cases().stream().filter(c -> c.has("q")).findFirst().orElseThrow();
        GraphBuilder builder = new GraphBuilder("split");
        Shape shape = shape(golden);
        String q = builder.output(layer(builder, golden, shape)).build().outputs().getFirst().name();
        String zero = builder.freshConstant("zero", Tensor.scalar(DType.INT8, 0));
        String scale = builder.freshConstant("scale", Tensor.scalar((float) golden.path("outputScale").asDouble()));
        int channels = golden.path("bias").size();
        for (int consumer = 0; consumer < 2; consumer++) {
            byte[] ones = new byte[channels];
            Arrays.fill(ones, (byte) (consumer + 1));
            Tensor kernel = Tensor.of(DType.INT8, Shape.of(1, channels, 1, 1), ones);
            String weights = builder.freshConstant("ones", kernel);
            String unit = builder.freshConstant("unit", Tensor.of(Shape.of(1), 0.5f));
            String x = builder.add(new DequantizeLinear(), q, scale, zero);
            String w = builder.add(new DequantizeLinear(0, 0, null), weights, unit, "");
            builder.output(builder.add(new Conv(Window.of(1, 1), 1), x, w));
        }
        SessionOptions options = SessionOptions.defaults().withNumerics(Numerics.NCNN);
        try (Session session = Session.open(builder.build(), options)) {
            List<PlanDescription.Step> steps = session.describe(Map.of("x", shape)).steps();
            assertThat(steps).filteredOn(s -> s.operator().equals("ConvInteger")).hasSize(3);
            assertThat(steps).filteredOn(s -> s.operator().equals("RoundedQuantize")).hasSize(1);
            Map<String, Tensor> results = session.run(Map.of("x", Tensor.of(shape, floats(golden.path("x")))));
            int[] expected = golden.path("q").valueStream().mapToInt(JsonNode::asInt).toArray();
            assertThat(results.get(q).toIntArray()).containsExactly(expected);
        }
    }

    private static String name(JsonNode golden) {
        return golden.toString().substring(0, 100);
    }

    private static float[] floats(JsonNode array) {
        float[] floats = new float[array.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) array.get(i).asDouble();
        }
        return floats;
    }

    private static Shape shape(JsonNode golden) {
        JsonNode shape = golden.path("shape");
        return Shape.of(1, shape.get(0).asInt(), shape.get(1).asInt(), shape.get(2).asInt());
    }

    private static Tensor run(JsonNode golden) {
        Shape x = shape(golden);
        GraphBuilder builder = new GraphBuilder("layer");
        Graph graph = builder.output(layer(builder, golden, x)).build();
        SessionOptions options = SessionOptions.defaults().withThreads(2).withNumerics(Numerics.NCNN);
        try (Session session = Session.open(graph, options)) {
            assertThat(session.describe(Map.of("x", x)).steps())
                    .extracting(PlanDescription.Step::operator)
                    .contains("RoundedQuantize", "MultiplierOutput")
                    .containsAnyOf("ConvInteger", "MatMulInteger");
            return session.run(Map.of("x", Tensor.of(x, floats(golden.path("x"))))).values().iterator().next();
        }
    }

    /// Name of the layer's result.
    private static String layer(GraphBuilder builder, JsonNode golden, Shape shape) {
        builder.input("x", DType.FLOAT32, PartialShape.of(shape.dims()));
        String zero = builder.constant("zero", Tensor.scalar(DType.INT8, 0));
        String xScale = builder.constant("xScale", Tensor.scalar((float) golden.path("inputScale").asDouble()));
        String quantized = builder.add(new QuantizeLinear(), "x", xScale, zero);
        String x = builder.add(new DequantizeLinear(), quantized, xScale, zero);
        String y = activation(builder, golden, product(builder, golden, x, (int) shape.dim(1)));
        if (golden.has("q")) {
            String yScale = builder.constant("yScale", Tensor.scalar((float) golden.path("outputScale").asDouble()));
            y = builder.add(new QuantizeLinear(), y, yScale, zero);
        }
        return y;
    }

    private static String product(GraphBuilder builder, JsonNode golden, String x, int channels) {
        float[] bias = floats(golden.path("bias"));
        int out = bias.length;
        JsonNode given = golden.path("weights");
        byte[] weights = new byte[given.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (byte) given.get(i).asInt();
        }
        boolean dense = golden.path("layer").asString().equals("InnerProduct");
        boolean depthwise = golden.path("layer").asString().equals("ConvolutionDepthWise");
        int k = golden.path("window").get(0).asInt();
        Shape shape = dense ? Shape.of(out, weights.length / out) : Shape.of(out, depthwise ? 1 : channels, k, k);
        String values = builder.constant("weights", Tensor.of(DType.INT8, shape, weights));
        String scales = builder.constant("wScale", Tensor.of(Shape.of(out), floats(golden.path("weightScales"))));
        String w = builder.add(new DequantizeLinear(0, 0, null), values, scales);
        String b = builder.constant("bias", Tensor.of(Shape.of(out), bias));
        if (dense) {
            return builder.add(new Gemm(1, 1, false, true), builder.add(new Flatten(1), x), w, b);
        }
        int stride = golden.path("window").get(1).asInt();
        int pad = golden.path("window").get(2).asInt();
        Window window = Window.of(k, k).withStrides(stride, stride).withPads(pad, pad, pad, pad);
        return builder.add(new Conv(window, depthwise ? out : 1), x, w, b);
    }

    private static String activation(GraphBuilder builder, JsonNode golden, String y) {
        float[] params = floats(golden.path("params"));
        return switch (golden.path("activation").asInt()) {
            case 1 -> builder.add(Unary.of(UnaryFunction.RELU), y);
            case 2 -> builder.add(new Unary(UnaryFunction.LEAKY_RELU, params[0], 0), y);
            case CLIP ->
                    builder.add(
                            new Clip(),
                            y,
                            builder.constant("min", Tensor.scalar(params[0])),
                            builder.constant("max", Tensor.scalar(params[1])));
            case 4 -> builder.add(Unary.of(UnaryFunction.SIGMOID), y);
            case 6 -> builder.add(Unary.of(UnaryFunction.HARD_SWISH), y);
            default -> y;
        };
    }
}
