package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.SpecFile;
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

    /// In decibels, of outputs in few steps of 8 bits.
    private static final double SAME = 30;

    private static final String WITHOUT = "without ";

    /// Places of the scales; zero points follow them.
    private static final Map<String, List<Integer>> SCALES =
            Map.ofEntries(
                    Map.entry("QLinearConv", List.of(1, 4, 6)),
                    Map.entry("QLinearAdd", List.of(1, 4, 6)),
                    Map.entry("QLinearMul", List.of(1, 4, 6)),
                    Map.entry("QLinearMatMul", List.of(1, 4, 6)),
                    Map.entry("QGemm", List.of(1, 4, 7)),
                    Map.entry("QLinearConcat", List.of(0, 3, 6)),
                    Map.entry("QLinearLeakyRelu", List.of(1, 3)),
                    Map.entry("QLinearSigmoid", List.of(1, 3)),
                    Map.entry("QLinearAveragePool", List.of(1, 3)),
                    Map.entry("QLinearGlobalAveragePool", List.of(1, 3)));

    /// The arguments of quantize_static in a configuration file's words.
    private static final Map<String, String> OPTIONS =
            Map.ofEntries(
                    Map.entry("symmetric", "activation: {symmetric: true, range: [-127, 127]}"),
                    Map.entry("channels", "weight: {observer: per-channel-minmax}"),
                    Map.entry("reduced", "weight: {range: [-64, 64]}"),
                    Map.entry("unsigned", "activation: {dtype: uint8}"),
                    Map.entry("asymmetric", "weight: {symmetric: false, range: [-128, 127]}"),
                    Map.entry(
                            "unsignedweights", "activation: {dtype: uint8}\nweight: {dtype: uint8, symmetric: false}"),
                    Map.entry("averages", "activation: {observer: onnxruntime-average}"),
                    Map.entry("entropy", "activation: {observer: onnxruntime-entropy}"),
                    Map.entry("percentile", "activation: {observer: onnxruntime-percentile}"),
                    Map.entry(
                            "types",
                            "global: float\ntypes: {Conv: default, Add: default, LeakyRelu: default, Gemm: default}"),
                    Map.entry("wide", "activation: {dtype: int16}"),
                    Map.entry("wideunsigned", "activation: {dtype: uint16}"),
                    Map.entry(
                            "wideweights",
                            "activation: {dtype: uint16}\nweight: {dtype: int16, range: [-32767, 32767]}"),
                    Map.entry("restricted", "activation: {dtype: uint8}\nrestricted_zero_points: true"),
                    Map.entry("ranges", "smallest_range: 4"),
                    Map.entry("dedicated", "dedicated_pairs: true"),
                    Map.entry("floatbias", "quantize_bias: false"),
                    Map.entry(
                            "residual qdq overrides",
                            """
                            values:
                              x: {scale: 0.03, zero_point: -3}
                              c2: {symmetric: true, range: [-127, 127]}
                              l: {min: -0.5, max: 2.5}
                            constants:
                              w1: {symmetric: false, range: [-128, 127]}
                              w2: {range: [-64, 64]}
                            """),
                    Map.entry(
                            "operators qdq overrides",
                            """
                            constants:
                              w1: {observer: per-channel-minmax}
                              b1: {symmetric: false, range: [-128, 127]}
                              bg: {dtype: uint8, symmetric: false}
                              one: {symmetric: false, range: [-128, 127], min: -1, max: 2}
                              wg: {scale: 0.01, zero_point: 0}
                            """));

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
        QuantizationSpec spec =
                SpecFile.parse(
                        "preset: onnxruntime\n"
                                + OPTIONS.getOrDefault(options, OPTIONS.getOrDefault(special(options), "")),
                        "x86");
        if (options.contains("qoperator")) {
            spec = Presets.inFormat(spec, QuantFormat.QOPERATOR);
        }
        String excluded = excluded(options);
        return excluded.isEmpty() ? spec : spec.excluding(new NodeSelector.NamePattern(excluded));
    }

    /// The last word of a set's name.
    private static String special(String options) {
        return options.substring(options.lastIndexOf(' ') + 1);
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

    private static Graph quantized(Graph graph, String options) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec(options));
        Dataset data = Dataset.of(IntStream.range(0, 4).mapToObj(s -> sample(graph, s)).toList());
        return Quantizer.convert(prepared, prepared.calibrate(data, CalibrationListener.NONE));
    }

    /// What is written runs in ONNX Runtime and here, with results that are apart by roundings at most.
    @ParameterizedTest
    @MethodSource("cases")
    void runsInBothRuntimes(JsonNode golden) throws IOException {
        Graph graph = read(golden.get("model").asString());
        Graph quantized = quantized(graph, golden.get("name").asString());
        FidelityMeter meter = new FidelityMeter();
        try (OnnxRuntimeOracle oracle =
                        OnnxRuntimeOracle.open(OnnxWriter.toBytes(quantized), OnnxRuntimeOracle.Mode.UNOPTIMIZED);
                Session session = Session.open(quantized)) {
            for (int s = 0; s < 4; s++) {
                Map<String, Tensor> sample = sample(graph, s);
                String output = graph.outputs().getFirst().name();
                meter.add(oracle.run(sample).get(output), session.run(sample).get(output));
            }
        }
        assertThat(meter.fidelity().sqnr()).isGreaterThan(SAME);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void quantizesTheSame(JsonNode golden) throws IOException {
        Graph graph = read(golden.get("model").asString());
        String options = golden.get("name").asString();
        Graph quantized = quantized(graph, options);
        long pairs = quantized.nodes().stream().filter(n -> n.op().type().equals("QuantizeLinear")).count();
        if (options.contains("qdq")) {
            assertThat(pairs).as("QuantizeLinear").isEqualTo(golden.get("pairs").asLong());
        }
        Map<String, Reader> found = readers(quantized);
        // It reads what others give, in steps of integers or not.
        found.remove(excluded(options));
        List<JsonNode> nodes = golden.get("nodes").valueStream().filter(n -> !isWrapping(n)).toList();
        if (nodes.size() < golden.get("nodes").size()) {
            assertThat(found.remove("softmax")).extracting(Reader::type).isEqualTo("Softmax");
        }
        Map<String, String> types = new TreeMap<>();
        nodes.forEach(n -> types.put(n.get("name").asString(), n.get("type").asString()));
        Map<String, String> foundTypes = new TreeMap<>();
        found.forEach((name, reader) -> foundTypes.put(name, reader.type()));
        assertThat(foundTypes).isEqualTo(types);
        for (JsonNode node : nodes) {
            String name = node.get("name").asString();
            Map<Integer, List<Tensor>> operands = found.get(name).operands();
            assertThat(operands.keySet().stream().map(String::valueOf).toList())
                    .as(name)
                    .containsExactlyInAnyOrderElementsOf(node.get("operands").propertyNames());
            operands.forEach((place, constants) ->
                    check(name + " operand " + place, node.get("operands").get(place.toString()), constants));
        }
    }

    /// Not written here; see [QLinearSoftmaxTest].
    private static boolean isWrapping(JsonNode node) {
        return node.get("type").asString().equals("QLinearSoftmax");
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
