package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxReader;
import dev.octet.quant.NumericsProfile.ScaleRule;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.SpecFile;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The preset `onnxruntime` quantizes the operators that ONNX Runtime's `quantize_static` quantizes with the same
/// options, with the same scales and zero points; made by make_static_goldens.py.
class StaticGoldenTest {
    private static final Percentage CLOSE = Percentage.withPercentage(1e-4);

    private static final String WITHOUT = "without ";

    /// Places of the scales; zero points follow them.
    private static final Map<String, List<Integer>> SCALES =
            Map.of(
                    "QLinearConv", List.of(1, 4, 6),
                    "QLinearAdd", List.of(1, 4, 6),
                    "QLinearMatMul", List.of(1, 4, 6),
                    "QGemm", List.of(1, 4, 7));

    private static InputStream resource(String name) {
        return Objects.requireNonNull(StaticGoldenTest.class.getResourceAsStream("onnxruntime/" + name));
    }

    static Stream<Arguments> cases() throws IOException {
        try (InputStream in = resource("static.json")) {
            return JsonMapper.shared()
                    .readTree(in)
                    .get("cases")
                    .valueStream()
                    .map(c -> Arguments.argumentSet(c.get("name").asString(), c));
        }
    }

    /// The node that a set of options leaves in float; "" for none.
    private static String excluded(String options) {
        int without = options.indexOf(WITHOUT);
        return without < 0 ? "" : options.substring(without + WITHOUT.length());
    }

    private static QuantizationSpec spec(String options) {
        boolean reduced = options.contains("reduced");
        boolean symmetric = options.contains("symmetric");
        ObserverSpec weights = options.contains("channels") ? ObserverSpec.PER_CHANNEL : ObserverSpec.MIN_MAX;
        DType activations = options.matches(".*(unsigned|restricted).*") ? DType.UINT8 : DType.INT8;
        QuantizationSpec spec =
                Presets.ONNXRUNTIME
                        .withFormat(options.contains("qdq") ? QuantFormat.QDQ : QuantFormat.QOPERATOR)
                        .withActivation(
                                new TensorSpec(
                                        ObserverSpec.MIN_MAX, QuantScheme.onnxRuntime(activations, symmetric, false)))
                        .withWeight(new TensorSpec(weights, QuantScheme.onnxRuntime(DType.INT8, true, reduced)));
        spec = special(options, spec);
        String excluded = excluded(options);
        return excluded.isEmpty() ? spec : spec.excluding(new NodeSelector.NamePattern(excluded));
    }

    /// Options of quantize_static's `extra_options`.
    private static QuantizationSpec special(String options, QuantizationSpec spec) {
        return switch (options.substring(options.lastIndexOf(' ') + 1)) {
            case "restricted" -> spec.withNumerics(spec.numerics().withScaleRule(ScaleRule.ONNX_RUNTIME_RESTRICTED));
            case "ranges" -> spec.withNumerics(spec.numerics().withSmallestRange(4));
            case "dedicated" -> spec.withDedicatedPairs(true);
            case "overrides" ->
                    SpecFile.parse(
                            """
                            preset: onnxruntime
                            values:
                              x: {scale: 0.03, zero_point: -3}
                              c2: {symmetric: true, range: [-127, 127]}
                              l: {min: -0.5, max: 2.5}
                            constants:
                              w1: {symmetric: false, range: [-128, 127]}
                              w2: {range: [-64, 64]}
                            """,
                            "x86");
            default -> spec;
        };
    }

    /// As make_static_goldens.py has it.
    private static Map<String, Tensor> sample(Graph graph, int s) {
        Map<String, Tensor> sample = new TreeMap<>();
        for (ValueInfo input : graph.inputs()) {
            Tensor values = Tensor.allocate(input.type().dtype(), input.type().shape().toShape());
            for (int i = 0; i < values.elementCount(); i++) {
                switch (values.dtype()) {
                    case FLOAT32 -> values.setFloat(i, ((37 * i + 11 * s + 5) % 101 - 50) / 25f);
                    case BOOL -> values.setLong(i, (5 * i + s) % 7 < 4 ? 1 : 0);
                    default -> values.setLong(i, (7 * i + 3 * s) % 11);
                }
            }
            sample.put(input.name(), values);
        }
        return sample;
    }

    /// What a node that reads integers is, and the scale and zero point constants by place of its operands.
    private record Reader(String type, Map<Integer, List<Tensor>> operands) {}

    private static Map<String, Reader> readers(Graph graph) {
        Map<String, Reader> readers = new TreeMap<>();
        for (Node node : graph.nodes()) {
            String type = node.op().type();
            if (type.equals("QuantizeLinear") || type.equals("DequantizeLinear")) {
                continue;
            }
            Map<Integer, List<Tensor>> operands = new TreeMap<>();
            for (int place = 0; place < node.inputs().size(); place++) {
                if (SCALES.getOrDefault(type, List.of()).contains(place)) {
                    operands.put(place, constants(graph, node, place));
                } else {
                    int at = place;
                    graph.producer(node.input(place))
                            .filter(p -> p.op().type().equals("DequantizeLinear"))
                            .ifPresent(p -> operands.put(at, constants(graph, p, 1)));
                }
            }
            if (!operands.isEmpty() || type.equals("MaxPool") || type.equals("Flatten")) {
                readers.put(node.name(), new Reader(type, operands));
            }
        }
        return readers;
    }

    private static List<Tensor> constants(Graph graph, Node node, int scale) {
        List<Tensor> constants = new ArrayList<>();
        for (int i = scale; i <= scale + 1 && node.has(i); i++) {
            constants.add(graph.constant(node.input(i)).orElseThrow());
        }
        return constants;
    }

    private static Graph read(String model) throws IOException {
        try (InputStream in = resource(model)) {
            return OnnxReader.read(in.readAllBytes());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void quantizesTheSame(JsonNode golden) throws IOException {
        Graph graph = read(golden.get("model").asString());
        String options = golden.get("name").asString();
        PreparedGraph prepared = Quantizer.prepare(graph, spec(options));
        Dataset data = Dataset.of(IntStream.range(0, 4).mapToObj(s -> sample(graph, s)).toList());
        Graph quantized = Quantizer.convert(prepared, prepared.calibrate(data, CalibrationListener.NONE));
        long pairs = quantized.nodes().stream().filter(n -> n.op().type().equals("QuantizeLinear")).count();
        if (options.contains("qdq")) {
            assertThat(pairs).as("QuantizeLinear").isEqualTo(golden.get("pairs").asLong());
        }
        Map<String, Reader> found = readers(quantized);
        // It reads what others give, in steps of integers or not.
        found.remove(excluded(options));
        Map<String, String> types = new TreeMap<>();
        golden.get("nodes").forEach(n -> types.put(n.get("name").asString(), n.get("type").asString()));
        Map<String, String> foundTypes = new TreeMap<>();
        found.forEach((name, reader) -> foundTypes.put(name, reader.type()));
        assertThat(foundTypes).isEqualTo(types);
        for (JsonNode node : golden.get("nodes")) {
            String name = node.get("name").asString();
            Map<Integer, List<Tensor>> operands = found.get(name).operands();
            assertThat(operands.keySet().stream().map(String::valueOf).toList())
                    .as(name)
                    .containsExactlyInAnyOrderElementsOf(node.get("operands").propertyNames());
            operands.forEach((place, constants) ->
                    check(name + " operand " + place, node.get("operands").get(place.toString()), constants));
        }
    }

    private static void check(String operand, JsonNode golden, List<Tensor> constants) {
        Tensor scales = constants.getFirst();
        assertThat(scales.elementCount()).as(operand).isEqualTo(golden.get("scale").size());
        for (int i = 0; i < scales.elementCount(); i++) {
            double expected = golden.get("scale").get(i).asDouble();
            assertThat((double) scales.getFloat(i)).as(operand).isCloseTo(expected, CLOSE);
            long zeroPoint = constants.size() > 1 ? constants.get(1).getLong(i) : 0;
            assertThat(zeroPoint).as(operand).isEqualTo(golden.get("zero").get(i).asLong());
        }
    }
}
