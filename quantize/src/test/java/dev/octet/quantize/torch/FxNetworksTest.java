package dev.octet.quantize.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Transpose;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Whole networks through PyTorch's FX flow, made by make_fx_goldens.py: the same values are quantized with the same
/// parameters.
class FxNetworksTest {
    static Stream<TorchCase> networks() {
        return TorchCase.read("fx.json");
    }

    private static Graph graph(TorchCase golden) {
        GraphBuilder builder = new GraphBuilder(golden.name());
        Tensor input = golden.inputs().getFirst();
        String x = builder.input("x0", input.dtype(), PartialShape.of(input.shape()));
        TorchLayers net = new TorchLayers(builder, golden.state());
        builder.output(
                switch (golden.name().split(" ")[0]) {
                    case "Residual" -> residual(net, x);
                    case "Transformer" -> transformer(builder, net, golden.state(), x);
                    case "Functions" -> functions(builder, net, golden.state(), x);
                    default -> throw new IllegalArgumentException(golden.name());
                });
        return builder.build();
    }

    private static String residual(TorchLayers net, String x) {
        String first = net.maxPool2d("max_pool2d", x, 2, 2, 0);
        first = net.relu("relu", net.batchNorm("bn1", net.conv2d("conv1", first, 1, 1)));
        String second = net.batchNorm("bn2", net.conv2d("conv2", first, 1, 1));
        String sum = net.relu("relu_1", net.add("add", second, first));
        String third = net.relu6("relu6", net.conv2d("conv3", sum, 1, 0));
        return net.linear("fc", net.flatten("flatten", net.globalAveragePool("pool", third)));
    }

    private static String transformer(GraphBuilder builder, TorchLayers net, Map<String, Tensor> state, String input) {
        String x = net.add("add", input, builder.constant("position", state.get("position")));
        String q = net.mulScalar("mul", net.linear("q", x), 0.3f);
        String k = net.linear("k", x);
        String v = net.linear("v", x);
        String turned = node(builder, "transpose", new Transpose(List.of(0L, 2L, 1L)), k);
        String attention = net.softmax("softmax", net.matmul("matmul", q, turned), -1);
        String o = net.linear("o", net.matmul("matmul_1", attention, v));
        String first = net.layerNorm("norm1", net.add("add_1", x, o));
        String down = net.linear("down", net.gelu("gelu", net.linear("up", first)));
        return net.layerNorm("norm2", net.add("add_2", first, down));
    }

    private static String functions(GraphBuilder builder, TorchLayers net, Map<String, Tensor> state, String x) {
        String conv = net.conv2d("conv", x, 1, 0);
        Tensor slopes = state.get("prelu.weight").reshape(Shape.of(8, 1, 1));
        String prelu =
                node(builder, "prelu", new Binary(BinaryFunction.PRELU), conv, builder.constant("slopes", slopes));
        String norm =
                node(
                        builder,
                        "norm",
                        new InstanceNormalization(1e-5f),
                        prelu,
                        builder.constant("norm.weight", state.get("norm.weight")),
                        builder.constant("norm.bias", state.get("norm.bias")));
        String product = net.mul("mul", norm, net.sigmoid("sigmoid", norm));
        String hard = net.hardswish("hardswish", product);
        String cat = net.cat("cat", 1, List.of(hard, net.elu("elu", net.leakyRelu("leaky", product, 0.1f))));
        String mean =
                node(
                        builder,
                        "mean",
                        new Reduce(ReduceFunction.MEAN, false, false),
                        cat,
                        builder.constant("axes", Tensor.vector(2, 3)));
        return net.softmax("softmax", net.tanh("tanh", net.linear("head", mean)), 1);
    }

    private static String node(GraphBuilder builder, String name, Op op, String... operands) {
        builder.add(new Node(name, op, List.of(operands), List.of(name)));
        return name;
    }

    private static CalibrationTable calibrated(TorchCase golden, PreparedGraph prepared) {
        List<Map<String, Tensor>> batches =
                golden.json()
                        .get("batches")
                        .valueStream()
                        .map(b -> TorchCase.named(b.valueStream().map(TorchCase::tensor).toList()))
                        .toList();
        return prepared.calibrate(Dataset.of(batches), 1, CalibrationListener.NONE);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void quantizesTheSameValuesWithTheSameParameters(TorchCase golden) {
        Graph graph = graph(golden);
        assertThat(TorchCase.run(graph, golden.inputs()).getFirst().toFloatArray())
                .as("in float")
                .containsExactly(golden.outputs().getFirst().toFloatArray(), Offset.offset(3e-6f));
        String preset = golden.json().get("preset").asString();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.inPlacement(Presets.named(preset), Placement.FX));
        CalibrationTable table = calibrated(golden, prepared);
        Map<String, QuantParams> params = new HashMap<>();
        for (SharedRange range : prepared.ranges()) {
            range.values().forEach(v -> params.put(v, table.entry(range.name()).orElseThrow().params()));
        }
        Graph quantized = Quantizer.convert(prepared, table);
        constantOf(quantized, "add").ifPresent(p -> params.put("position", p));
        List<JsonNode> values = golden.json().get("values").valueStream().toList();
        assertThat(params).hasSameSizeAs(values);
        List<String> order = graphOrder(prepared, params);
        for (int i = 0; i < order.size(); i++) {
            JsonNode value = values.get(i);
            QuantParams found = params.get(order.get(i));
            String as = value + " is " + order.get(i);
            assertThat((double) found.scale())
                    .as(as)
                    .isCloseTo(value.get("scale").asDouble(), Percentage.withPercentage(1e-3));
            assertThat(found.zeroPoint()).as(as).isEqualTo(value.get("zeroPoint").asInt());
        }
        assertClose(golden, TorchCase.run(quantized, golden.inputs()).getFirst());
    }

    /// The parameters of the constant operand of a sum.
    private static Optional<QuantParams> constantOf(Graph quantized, String sum) {
        return quantized.nodes().stream()
                .filter(n -> n.name().equals(sum))
                .flatMap(n -> n.inputs().stream())
                .flatMap(i -> quantized.producer(i).stream())
                .filter(n -> quantized.constant(n.input(0)).isPresent())
                .map(n ->
                        QuantParams.perTensor(
                                DType.UINT8,
                                quantized.constant(n.input(1)).orElseThrow().getFloat(0),
                                (int) quantized.constant(n.input(2)).orElseThrow().getLong(0)))
                .findFirst();
    }

    private static List<String> graphOrder(PreparedGraph prepared, Map<String, QuantParams> params) {
        Graph graph = prepared.graph();
        return Stream.of(
                        graph.inputs().stream().map(i -> i.name()),
                        Stream.of("position"),
                        graph.nodes().stream().flatMap(n -> n.outputs().stream()))
                .flatMap(s -> s)
                .filter(params::containsKey)
                .toList();
    }

    /// Integers that are computed in one piece here and in two there differ where a sum lies on a tie, and what follows
    /// multiplies that; it stays far below what quantization itself costs.
    private static void assertClose(TorchCase golden, Tensor found) {
        Tensor expected = TorchCase.tensor(golden.json().get("quantized"));
        double apart = distance(found, expected);
        double cost = distance(golden.outputs().getFirst(), expected);
        assertThat(apart).isLessThan(cost / 2);
    }

    private static double distance(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double sum = 0;
        for (long i = 0; i < a.elementCount(); i++) {
            sum += Math.pow(a.getFloat(i) - b.getFloat(i), 2);
        }
        return Math.sqrt(sum);
    }

    @Test
    void onlyPyTorchsPresetsAreSoPlaced() {
        assertThatThrownBy(() -> Presets.inPlacement(Presets.TFLITE, Placement.FX))
                .hasMessage("placement: fx is PyTorch's, and preset tflite is not");
        assertThat(Presets.inPlacement(Presets.X86, Placement.WHOLE_GRAPH).placement())
                .isEqualTo(Placement.WHOLE_GRAPH);
    }
}
