package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The dynamic preset `onnxruntime` quantizes the operators that ONNX Runtime's `quantize_dynamic` quantizes with the
/// same options, on the same values and with the same integers; made by make_dynamic_goldens.py.
class DynamicGoldenTest {
    private static final Percentage CLOSE = Percentage.withPercentage(1e-4);

    private static final String WITHOUT = "without ";

    /// Places of weights, their scales and zero points; a product's scale is where it is multiplied with another.
    private static final Map<String, List<List<Integer>>> WEIGHTS =
            Map.of(
                    "MatMulInteger", List.of(List.of(1, -1, 3)),
                    "ConvInteger", List.of(List.of(1, -1, 3)),
                    "DynamicQuantizeLSTM", List.of(List.of(1, 8, 9), List.of(2, 10, 11)),
                    "QAttention", List.of(List.of(1, 4, 7)),
                    "Gather", List.of(List.of(0, -1, -1)));

    private static InputStream resource(String name) {
        return Objects.requireNonNull(DynamicGoldenTest.class.getResourceAsStream("onnxruntime/" + name));
    }

    private static Graph network() throws IOException {
        try (InputStream in = resource("dynamic.onnx")) {
            return OnnxReader.read(in.readAllBytes());
        }
    }

    static Stream<Arguments> cases() throws IOException {
        try (InputStream in = resource("dynamic.json")) {
            return JsonMapper.shared()
                    .readTree(in)
                    .get("cases")
                    .valueStream()
                    .map(c -> Arguments.argumentSet(c.get("name").asString(), c));
        }
    }

    private static DynamicSpec spec(String options) {
        DynamicSpec spec = DynamicPresets.named("onnxruntime");
        boolean unsigned = options.contains("unsigned");
        TensorSpec weight =
                new TensorSpec(
                        options.contains("channels") ? ObserverSpec.PER_CHANNEL : ObserverSpec.MIN_MAX,
                        QuantScheme.onnxRuntime(
                                unsigned ? DType.UINT8 : DType.INT8, !unsigned, options.contains("reduced")));
        spec =
                spec.withSpec(spec.spec().withWeight(weight))
                        .withBodies(options.equals("bodies"))
                        .withActivationProducts(options.equals("products"));
        return options.startsWith(WITHOUT)
                ? spec.withSpec(
                        spec.spec().excluding(new NodeSelector.NamePattern(options.substring(WITHOUT.length()))))
                : spec;
    }

    /// A node that reads integers.
    private record Reader(String type, List<String> reads, List<List<Tensor>> weights) {}

    private static void readers(Graph graph, Map<String, Reader> readers) {
        for (Node node : graph.nodes()) {
            node.op()
                    .attributes()
                    .asMap()
                    .values()
                    .forEach(a -> {
                        if (a instanceof GraphValue(Graph body)) {
                            assertThat(Captures.in(body)).isNotEmpty();
                            readers(body, readers);
                        }
                    });
            List<List<Tensor>> weights = new ArrayList<>();
            for (List<Integer> places : WEIGHTS.getOrDefault(node.op().type(), List.of())) {
                Optional<Tensor> integers = graph.constant(node.input(places.getFirst()));
                if (integers.isPresent() && integers.get().dtype().bits() == 8) {
                    weights.add(weight(graph, node, integers.get(), places));
                }
            }
            List<String> reads = new ArrayList<>();
            boolean passive = List.of("DequantizeLinear", "Cast", "Mul").contains(node.op().type());
            for (int i = 0; i < 2 && !passive; i++) {
                graph.producer(node.input(i))
                        .filter(p -> isInteger(graph, p))
                        .ifPresent(p ->
                                reads.add(
                                        p.op().type().equals("DynamicQuantizeLinear")
                                                ? p.input(0)
                                                : "node " + name(p)));
            }
            if (!weights.isEmpty() || !reads.isEmpty()) {
                readers.put(name(node), new Reader(node.op().type(), reads, weights));
            }
        }
    }

    private static boolean isInteger(Graph graph, Node node) {
        return switch (node.op().type()) {
            case "DynamicQuantizeLinear" -> true;
            case "Gather" -> graph.constant(node.input(0)).filter(t -> t.dtype() == DType.UINT8).isPresent();
            case "Transpose" -> graph.producer(node.input(0)).filter(p -> isInteger(graph, p)).isPresent();
            default -> false;
        };
    }

    private static String name(Node node) {
        return node.name().replaceAll("_quant$", "").replaceAll("^.*/", "");
    }

    private static List<Tensor> weight(Graph graph, Node node, Tensor integers, List<Integer> places) {
        String base = node.input(places.getFirst()).replaceAll("_quantized$", "");
        String scale = places.get(1) < 0 ? base + "_scale" : node.input(places.get(1));
        String zero = places.get(2) < 0 ? base + "_zero_point" : node.input(places.get(2));
        return List.of(integers, graph.constant(scale).orElseThrow(), graph.constant(zero).orElseThrow());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void quantizesTheSame(JsonNode golden) throws IOException {
        Map<String, Reader> found = new TreeMap<>();
        readers(Quantizer.dynamic(network(), spec(golden.get("name").asString())).graph(), found);
        Map<String, String> expected = new TreeMap<>();
        golden.get("nodes").forEach(n -> expected.put(n.get("name").asString(), n.get("type").asString()));
        Map<String, String> types = new TreeMap<>();
        found.forEach((name, reader) -> types.put(name, reader.type()));
        assertThat(types).isEqualTo(expected);
        for (JsonNode node : golden.get("nodes")) {
            String name = node.get("name").asString();
            Reader reader = found.get(name);
            assertThat(reader.reads())
                    .as(name)
                    .containsExactlyElementsOf(node.get("reads").valueStream().map(JsonNode::asString).toList());
            assertThat(reader.weights()).as(name).hasSize(node.get("weights").size());
            for (int i = 0; i < reader.weights().size(); i++) {
                check(name, node.get("weights").get(i), reader.weights().get(i));
            }
        }
    }

    private static void check(String name, JsonNode golden, List<Tensor> weight) {
        Tensor integers = weight.getFirst();
        assertThat(integers.dtype().toString()).as(name).isEqualTo(golden.get("dtype").asString());
        long checksum = 0;
        for (long i = 0; i < integers.elementCount(); i++) {
            checksum += integers.getLong(i) * (i % 997 + 1);
        }
        assertThat(checksum).as(name + ": integers").isEqualTo(golden.get("checksum").asLong());
        Tensor scales = weight.get(1);
        assertThat(scales.elementCount()).as(name).isEqualTo(golden.get("scale").size());
        for (int i = 0; i < scales.elementCount(); i++) {
            assertThat((double) scales.getFloat(i)).as(name).isCloseTo(golden.get("scale").get(i).asDouble(), CLOSE);
            // Symmetric weights may have one zero for all channels.
            Tensor zeros = weight.get(2);
            long zero = zeros.getLong(zeros.elementCount() == 1 ? 0 : i);
            assertThat(zero).as(name).isEqualTo(golden.get("zero").get(i).asLong());
        }
    }

    /// What was written runs in ONNX Runtime, and gives what Octet gives.
    @ParameterizedTest
    @ValueSource(strings = {"default", "channels", "bodies", "products"})
    void runtimesAgree(String options) throws IOException {
        Graph graph = network();
        Graph quantized = Quantizer.dynamic(graph, spec(options)).graph();
        byte[] model = OnnxWriter.toBytes(quantized);
        Generator g = Generator.of(8);
        Map<String, Tensor> inputs =
                Map.of(
                        "ids", g.integers(DType.INT64, Shape.of(2, 5), 0, 19),
                        "v", g.normals(Shape.of(3, 12), 0, 1),
                        "image", g.normals(Shape.of(1, 3, 8, 8), 0, 1),
                        "c", Tensor.scalar(DType.BOOL, 1));
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, OnnxRuntimeOracle.Mode.UNOPTIMIZED);
                Session session = Session.open(OnnxReader.read(model));
                Session original = Session.open(graph)) {
            Map<String, Tensor> expected = oracle.run(inputs);
            Map<String, Tensor> real = original.run(inputs);
            session.run(inputs)
                    .forEach((name, found) -> {
                        assertThat(Fidelity.of(expected.get(name), found).sqnr()).as(name).isGreaterThan(45);
                        assertThat(Fidelity.of(real.get(name), found).sqnr()).as(name + " to float").isGreaterThan(25);
                    });
        }
    }
}
