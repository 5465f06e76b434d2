package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Operators;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// NVIDIA's rules of where QuantizeLinear and DequantizeLinear are put for TensorRT (the reference, 4.3), one by one.
class TensorRtPlacementTest {
    private static Graph quantized(TinyGraphs net, String output, Shape input) {
        Graph graph = net.build(output);
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.TENSORRT);
        Tensor sample = Generator.of(3).normals(input, 0, 1);
        Dataset data = Dataset.of(List.of(Map.of("x", sample)));
        return Quantizer.convert(prepared, prepared.calibrate(data, CalibrationListener.NONE));
    }

    private static Node node(Graph graph, String name) {
        return graph.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    }

    /// The DequantizeLinear that a node reads at a place.
    private static Optional<Node> pair(Graph graph, String name, int place) {
        return graph.producer(node(graph, name).input(place)).filter(p -> p.op().type().equals("DequantizeLinear"));
    }

    private static float scale(Graph graph, String name, int place) {
        return graph.constant(pair(graph, name, place).orElseThrow().input(1)).orElseThrow().getFloat(0);
    }

    private static List<String> readers(Graph graph, String value) {
        return graph.consumers(value).stream().map(n -> n.op().type()).sorted().toList();
    }

    private static String attributed(TinyGraphs net, String name, String type, Attributes attributes, String... x) {
        return net.add(name, Operators.read("", type, attributes), x);
    }

    /// Rule 1: all inputs of weighted operators, weights in INT8 per output channel, activations per tensor and
    /// symmetric. Rule 7: biases stay floats.
    @Test
    void inputsOfWeightedOperatorsAreQuantized() {
        TinyGraphs net = new TinyGraphs("weighted");
        String x = net.input("x", 2, 3, 8, 8);
        String c = net.conv("conv", x, 3, 4, 3);
        String t = net.add("up", "ConvTranspose", c, net.weights("w_up", 4, 5, 3, 3), net.weights("b_up", 5));
        String f = net.add("flat", "Flatten", t);
        Graph graph = quantized(net, net.add("product", "MatMul", f, net.weights("w", 500, 6)), Shape.of(2, 3, 8, 8));
        for (String name : List.of("conv", "up", "product")) {
            Node activations = pair(graph, name, 0).orElseThrow();
            assertThat(graph.constant(activations.input(1)).orElseThrow().shape()).isEqualTo(Shape.SCALAR);
            assertThat(graph.constant(activations.input(2)).orElseThrow().getLong(0)).isZero();
            Node weights = pair(graph, name, 1).orElseThrow();
            assertThat(graph.constant(weights.input(0)).orElseThrow().dtype()).isEqualTo(DType.INT8);
            assertThat(graph.constant(weights.input(1)).orElseThrow().elementCount()).isGreaterThan(3);
        }
        assertThat(graph.constant(node(graph, "up").input(2)).orElseThrow().dtype()).isEqualTo(DType.FLOAT32);
    }

    /// Rule 2: nothing after a weighted operator by default, and after its normalization and ReLU only since the next
    /// operator wants it. Rule 6: no pair comes between an operator and its activation.
    @Test
    void outputsAreQuantizedForTheNextOperatorOnly() {
        TinyGraphs net = new TinyGraphs("outputs");
        String x = net.input("x", 1, 3, 8, 8);
        String c = net.conv("conv", x, 3, 4, 3);
        String n =
                net.add(
                        "norm",
                        "BatchNormalization",
                        c,
                        net.weights("gamma", 4),
                        net.weights("beta", 4),
                        net.weights("mean", 4),
                        net.constant("variance", Tensor.of(Shape.of(4), 1f, 2f, 1f, 0.5f)));
        String r = net.add("relu", "Relu", n);
        Graph graph = quantized(net, net.conv("last", r, 4, 2, 3), Shape.of(1, 3, 8, 8));
        Node relu = graph.nodes().stream().filter(v -> v.op().type().equals("Relu")).findFirst().orElseThrow();
        assertThat(graph.producer(relu.input(0)).orElseThrow().op().type()).isEqualTo("Conv");
        assertThat(readers(graph, relu.output())).containsExactly("QuantizeLinear");
        Node last = graph.producer(graph.outputs().getFirst().name()).orElseThrow();
        assertThat(last.op().type()).as("the output is as it was computed").isEqualTo("Conv");
    }

    /// Rule 3: the shortcut of a residual addition is quantized, the convolution's sum is not, so that they fuse.
    @Test
    void shortcutsOfResidualAdditionsAreQuantized() {
        TinyGraphs net = new TinyGraphs("residual");
        String x = net.input("x", 1, 4, 8, 8);
        String first = net.add("relu1", "Relu", net.conv("conv1", x, 4, 4, 3));
        String second = net.conv("conv2", first, 4, 4, 3);
        String sum = net.add("add", "Add", second, first);
        Graph graph = quantized(net, net.conv("conv3", net.add("relu2", "Relu", sum), 4, 4, 3), Shape.of(1, 4, 8, 8));
        assertThat(pair(graph, "add", 0)).isEmpty();
        assertThat(graph.producer(node(graph, "add").input(0)).orElseThrow().name()).isEqualTo("conv2");
        assertThat(pair(graph, "add", 1)).isPresent();
        assertThat(scale(graph, "add", 1)).as("one scale for all that read it").isEqualTo(scale(graph, "conv2", 0));
        assertThat(readers(graph, node(graph, "add").output())).containsExactly("Relu");
    }

    /// Rule 4: what has no weights runs in INT8 only where all of its inputs and its output are quantized.
    @Test
    void unweightedOperatorsAreQuantizedOnAllSidesOrNone() {
        TinyGraphs net = new TinyGraphs("unweighted");
        String x = net.input("x", 1, 3, 8, 8);
        String c = net.conv("conv", x, 3, 4, 3);
        String pooled = net.add("mean", "GlobalAveragePool", c);
        String flat = net.add("flat", "Flatten", pooled);
        String y = net.add("product", "MatMul", flat, net.weights("w", 4, 4));
        String lonely = net.add("sum", "Add", net.add("exp", "Exp", y), net.add("tanh", "Tanh", y));
        Graph graph = quantized(net, lonely, Shape.of(1, 3, 8, 8));
        assertThat(pair(graph, "mean", 0)).isPresent();
        assertThat(readers(graph, node(graph, "mean").output())).containsExactly("QuantizeLinear");
        assertThat(pair(graph, "sum", 0)).isEmpty();
        assertThat(pair(graph, "sum", 1)).isEmpty();
        assertThat(readers(graph, node(graph, "product").output())).containsExactly("Exp", "Tanh");
    }

    /// Rule 5: what commutes with quantization has one scale on both sides, so that TensorRT can move the pairs across:
    /// max-pooling, reshaping, transposing, slicing, and Concat of parts with equal scales.
    @Test
    void whatCommutesKeepsTheScale() {
        TinyGraphs net = new TinyGraphs("commuting");
        String x = net.input("x", 1, 3, 8, 8);
        String a = net.conv("conv1", x, 3, 4, 3);
        String b = net.conv("conv2", x, 3, 4, 3);
        String both = net.add("concat", new Concat(1), a, b);
        Attributes window = Attributes.builder().put("kernel_shape", List.of(2L, 2L)).build();
        String pooled = attributed(net, "pool", "MaxPool", window, both);
        Attributes order = Attributes.builder().put("perm", List.of(0L, 1L, 3L, 2L)).build();
        String turned = attributed(net, "turned", "Transpose", order, pooled);
        Graph graph = quantized(net, net.conv("last", turned, 8, 2, 3), Shape.of(1, 3, 8, 8));
        float scale = scale(graph, "last", 0);
        for (String name : List.of("concat", "pool", "turned")) {
            assertThat(scale(graph, name, 0)).as(name).isEqualTo(scale);
        }
        assertThat(scale(graph, "concat", 1)).isEqualTo(scale);
    }

    /// Rule 6: values have one pair, however many operators read them, and no operator between two pairs with different
    /// scales is missing.
    @Test
    void noPairFollowsAnother() {
        TinyGraphs net = new TinyGraphs("pairs");
        String x = net.input("x", 1, 4, 8, 8);
        String a = net.conv("conv1", x, 4, 4, 3);
        String b = net.conv("conv2", x, 4, 4, 3);
        Graph graph = quantized(net, net.conv("conv3", net.add("add", "Add", a, b), 4, 4, 3), Shape.of(1, 4, 8, 8));
        for (Node node : graph.nodes()) {
            if (node.op().type().equals("QuantizeLinear")) {
                assertThat(graph.producer(node.input(0)).map(p -> p.op().type()).orElse(""))
                        .isNotEqualTo("DequantizeLinear");
            }
        }
        assertThat(readers(graph, "x")).containsExactly("QuantizeLinear");
    }

    /// Rule 7: products of two activations are quantized on both sides; softmax and layer normalization stay floats.
    @Test
    void productsOfActivationsAreQuantizedSoftmaxAndNormalizationAreNot() {
        TinyGraphs net = new TinyGraphs("attention");
        String x = net.input("x", 2, 5, 8);
        String q = net.add("q", "MatMul", x, net.weights("wq", 8, 8));
        String k = net.add("k", "MatMul", x, net.weights("wk", 8, 8));
        Attributes order = Attributes.builder().put("perm", List.of(0L, 2L, 1L)).build();
        String scores = net.add("scores", "MatMul", q, attributed(net, "kt", "Transpose", order, k));
        String shares = net.add("shares", "Softmax", scores);
        String mixed = net.add("mixed", "MatMul", shares, x);
        String normed = net.add("normed", "LayerNormalization", mixed, net.weights("gamma", 8), net.weights("beta", 8));
        Graph graph = quantized(net, normed, Shape.of(2, 5, 8));
        for (String name : List.of("scores", "mixed")) {
            assertThat(pair(graph, name, 0)).as(name).isPresent();
            assertThat(pair(graph, name, 1)).as(name).isPresent();
        }
        assertThat(pair(graph, "shares", 0)).isEmpty();
        assertThat(pair(graph, "normed", 0)).isEmpty();
        assertThat(graph.producer(graph.outputs().getFirst().name()).orElseThrow().name()).isEqualTo("normed");
    }
}
