package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each combination of layers that quantization fuses, before a further layer: how Octet runs it, and that ONNX Runtime
/// computes the same of it, in either format.
class FusedLayersTest {
    private static final int CHANNELS = 8;
    private static final Shape IMAGE = Shape.of(2, CHANNELS, 6, 6);
    private static final Shape ROWS = Shape.of(4, CHANNELS);

    private final Generator generator = Generator.of(12);
    private final GraphBuilder builder = new GraphBuilder("layers");
    private int constants;

    @ParameterizedTest
    @CsvSource({
        "Conv BatchNormalization, QuantizeLinear QLinearConv",
        "Conv BatchNormalization Relu, QuantizeLinear QLinearConv",
        "Conv Relu, QuantizeLinear QLinearConv",
        "Depthwise BatchNormalization Relu, QuantizeLinear QLinearConv",
        "Gemm Relu, QuantizeLinear QGemm",
        "Gemm BatchNormalization, QuantizeLinear QGemm",
        "ConvTranspose BatchNormalization, QuantizeLinear DequantizeLinear ConvTranspose QuantizeLinear",
        "BatchNormalization Relu, BatchNormalization QuantizeLinear",
        "Conv Relu6, QuantizeLinear QLinearConv",
        "Conv Clip, QuantizeLinear QLinearConv",
        "Conv HardSwish, QuantizeLinear QLinearConv",
        "Conv LeakyRelu, QuantizeLinear QLinearConv",
        "Conv BatchNormalization HardSwish, QuantizeLinear QLinearConv",
        "Conv Add, QuantizeLinear QLinearConv QLinearAdd",
        "Conv BatchNormalization Add Relu, QuantizeLinear QLinearConv QLinearAdd"
    })
    void runAsOne(String layers, String expected) {
        boolean rows = layers.startsWith("Gemm");
        Shape shape = rows ? ROWS : IMAGE;
        Graph graph = graph(shape, (layers + (rows ? " Gemm" : " Conv")).split(" ", -1));
        Map<String, Tensor> sample = Map.of("x", generator.normals(shape, 0, 1));
        Graph quantized = quantized(graph, sample, QuantFormat.QDQ);
        try (Session session = Session.open(quantized)) {
            List<String> steps =
                    session.describe(Map.of("x", shape)).steps().stream().map(PlanDescription.Step::operator).toList();
            assertThat(steps.stream().filter(s -> !s.equals("Transpose")).collect(Collectors.joining(" ")))
                    .isEqualTo(expected + (rows ? " QGemm" : " QLinearConv"));
        }
        assertRuntimesAgree(quantized, sample);
        assertRuntimesAgree(quantized(graph, sample, QuantFormat.QOPERATOR), sample);
    }

    private static Graph quantized(Graph graph, Map<String, Tensor> sample, QuantFormat format) {
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86.withFormat(format));
        Dataset data = Dataset.of(List.of(sample));
        return Quantizer.convert(prepared, prepared.calibrate(data, CalibrationListener.NONE));
    }

    /// To the rounding of values that lie next to a tie, of which some are computed in float there.
    private static void assertRuntimesAgree(Graph quantized, Map<String, Tensor> sample) {
        String output = quantized.outputs().getFirst().name();
        try (Session session = Session.open(quantized);
                OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(OnnxWriter.toBytes(quantized))) {
            Tensor expected = oracle.run(sample).get(output);
            TensorAssert.assertThat(session.run(sample).get(output)).hasSqnrAtLeast(expected, 40);
        }
    }

    private Graph graph(Shape shape, String[] layers) {
        String value = builder.input("x", DType.FLOAT32, PartialShape.of(shape));
        for (String layer : layers) {
            value = add(layer, value);
        }
        return builder.output(value).build();
    }

    private String add(String layer, String x) {
        return switch (layer) {
            case "Conv" -> builder.add(conv(1), x, weights(CHANNELS, CHANNELS, 3, 3));
            case "Depthwise" -> builder.add(conv(CHANNELS), x, weights(CHANNELS, 1, 3, 3));
            case "ConvTranspose" ->
                    builder.add(
                            new ConvTranspose(Window.of(3, 3).withPads(1, 1, 1, 1), 1, List.of(), List.of()),
                            x,
                            weights(CHANNELS, CHANNELS, 3, 3));
            case "Gemm" -> builder.add(new Gemm(1, 1, false, false), x, weights(CHANNELS, CHANNELS), vector(-1, 1));
            case "BatchNormalization" ->
                    builder.add(
                            new BatchNormalization(1e-5f),
                            x,
                            vector(0.5f, 2),
                            vector(-1, 1),
                            vector(-1, 1),
                            vector(0.5f, 2));
            case "Relu" -> builder.add(Unary.of(UnaryFunction.RELU), x);
            case "Relu6" -> clip(x, 0, 6);
            case "Clip" -> clip(x, -0.5f, 1.5f);
            case "HardSwish" -> builder.add(Unary.of(UnaryFunction.HARD_SWISH), x);
            case "LeakyRelu" -> builder.add(new Unary(UnaryFunction.LEAKY_RELU, 0.1f, 0), x);
            case "Add" -> builder.add(new Binary(BinaryFunction.ADD), x, "x");
            default -> throw new IllegalArgumentException(layer);
        };
    }

    private static Op conv(int group) {
        return new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), group);
    }

    private String clip(String x, float low, float high) {
        return builder.add(
                new Clip(),
                x,
                builder.constant("low", Tensor.scalar(low)),
                builder.constant("high", Tensor.scalar(high)));
    }

    private String weights(long... dims) {
        return builder.constant("w" + ++constants, generator.floats(Shape.of(dims), -0.5f, 0.5f));
    }

    private String vector(float low, float high) {
        return builder.constant("v" + ++constants, generator.floats(Shape.of(CHANNELS), low, high));
    }
}
