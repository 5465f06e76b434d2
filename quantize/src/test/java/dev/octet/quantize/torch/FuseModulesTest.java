package dev.octet.quantize.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.graph.pass.FuseModules;
import dev.octet.quantize.Decision;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Each row of PyTorch's fusion table: modules fused by name, and the static flow between stubs; made by
/// make_fusion_goldens.py.
class FuseModulesTest {
    static Stream<TorchCase> rows() {
        return TorchCase.read("fusion.json");
    }

    static Stream<TorchCase> quantizedRows() {
        return rows().filter(r -> r.json().has("quantized"));
    }

    /// The modules of a row in their order, between stubs.
    private static List<String> write(TorchLayers net, String row, String x) {
        String y = net.quantStub("quant", x);
        for (String module : row.split(" ")) {
            y =
                    switch (module) {
                        case "conv1d" -> net.conv1d("conv", y, 1, 1);
                        case "conv2d" -> net.conv2d("conv", y, 1, 1);
                        case "conv3d" -> net.conv3d("conv", y, 1, 1);
                        case "convtranspose1d" -> net.convTranspose1d("conv", y, 1, 1);
                        case "convtranspose2d" -> net.convTranspose2d("conv", y, 1, 1);
                        case "convtranspose3d" -> net.convTranspose3d("conv", y, 1, 1);
                        case "bn", "bn1d", "bn2d", "bn3d" -> net.batchNorm("bn", y);
                        case "linear" -> net.linear("fc", y);
                        case "add" -> net.add("sum", y, y);
                        case "mul" -> net.mul("sum", y, y);
                        case "leakyrelu" -> net.leakyRelu("act", y, 0.1f);
                        case "tanh" -> net.tanh("act", y);
                        case "relu" -> net.relu("relu", y);
                        default -> throw new IllegalArgumentException(module);
                    };
        }
        return List.of(net.deQuantStub("dequant", y));
    }

    private static Graph graph(TorchCase row) {
        return row.graph((net, x) -> write(net, row.name(), x.getFirst()));
    }

    private static Pair fused(TorchCase row) {
        List<List<String>> groups =
                row.json()
                        .get("groups")
                        .valueStream()
                        .map(g -> g.valueStream().map(JsonNode::asString).toList())
                        .toList();
        Graph graph = graph(row);
        return new Pair(graph, new FuseModules(groups).apply(graph));
    }

    private record Pair(Graph before, Graph after) {}

    @ParameterizedTest
    @MethodSource("rows")
    void foldsAsPyTorchDoes(TorchCase row) {
        Pair pair = fused(row);
        boolean folds = row.name().contains(" bn");
        assertThat(pair.after.nodes().stream().filter(n -> n.op().type().equals("BatchNormalization")).count())
                .isEqualTo(folds || !row.name().startsWith("bn") ? 0 : 1);
        List<Tensor> before = TorchCase.run(pair.before, row.inputs());
        List<Tensor> after = TorchCase.run(pair.after, row.inputs());
        float[] expected = row.outputs().getFirst().toFloatArray();
        assertThat(before.getFirst().toFloatArray()).containsExactly(expected, Offset.offset(3e-6f));
        assertThat(after.getFirst().toFloatArray()).containsExactly(expected, Offset.offset(3e-6f));
        if (folds) {
            Node layer = pair.after.nodes().get(1);
            assertFolded(row, "weight", pair.after.constant(layer.input(1)).orElseThrow());
            assertFolded(row, "bias", pair.after.constant(layer.input(2)).orElseThrow());
        }
    }

    private static void assertFolded(TorchCase row, String name, Tensor found) {
        Tensor expected = TorchCase.tensor(row.json().get("folded").get(name));
        boolean transposed = name.equals("weight") && row.name().startsWith("linear");
        for (int i = 0; i < expected.elementCount(); i++) {
            long rows = expected.shape().dim(0);
            long columns = expected.elementCount() / rows;
            long at = transposed ? i % columns * rows + i / columns : i;
            assertThat(found.getFloat(at)).isCloseTo(expected.getFloat(i), Offset.offset(1e-6f));
        }
    }

    /// The whole static flow: same scale and zero point of the result, same integers, or neighbours where the bias,
    /// which PyTorch's x86 engine adds as a float, lies next to a tie.
    @ParameterizedTest
    @MethodSource("quantizedRows")
    void quantizesAsPyTorchDoes(TorchCase row) {
        PreparedGraph prepared = Quantizer.prepare(fused(row).after, Presets.X86);
        assertThat(prepared.decisions()).allMatch(Decision::quantized);
        List<Map<String, Tensor>> batches =
                TorchCase.tensors(row.json(), "batches").stream().map(b -> Map.of("x0", b)).toList();
        CalibrationTable table = prepared.calibrate(Dataset.of(batches), 1, CalibrationListener.NONE);
        Graph quantized = Quantizer.convert(prepared, table);
        Node last = quantized.producer(quantized.outputs().getFirst().name()).orElseThrow();
        assertThat(last.op().type()).isEqualTo("DequantizeLinear");
        float scale = quantized.constant(last.input(1)).orElseThrow().getFloat(0);
        assertThat((double) scale).isCloseTo(row.json().get("scale").asDouble(), Percentage.withPercentage(1e-4));
        assertThat(quantized.constant(last.input(2)).orElseThrow().getLong(0))
                .isEqualTo(row.json().get("zeroPoint").asLong());
        float[] found = TorchCase.run(quantized, row.inputs()).getFirst().toFloatArray();
        float[] expected = TorchCase.tensor(row.json().get("quantized")).toFloatArray();
        assertThat(found).containsExactly(expected, Offset.offset(1.01f * scale));
        long apart = 0;
        for (int i = 0; i < found.length; i++) {
            apart += Math.abs(found[i] - expected[i]) > 0.5f * scale ? 1 : 0;
        }
        assertThat(apart).as("steps apart of " + found.length).isLessThanOrEqualTo(Math.max(1, found.length / 100));
    }

    /// Rows that PyTorch has for oneDNN, and products with ReLU: one unit, in which nothing is rounded.
    @ParameterizedTest
    @CsvSource({"linear leakyrelu, fc;act", "linear tanh, fc;act", "mul relu, sum;relu", "add relu, sum;relu"})
    void joinsForOneDnn(String row, String group) {
        assertJoined(fuse(row, List.of(group.split(";"))), Presets.ONEDNN);
    }

    private static Graph fuse(String row, List<String> group) {
        TorchCase net =
                new TorchCase(
                        row,
                        Map.of("fc.weight", Generator.of(3).normals(Shape.of(4, 4), 0, 1)),
                        List.of(Generator.of(4).normals(Shape.of(2, 4), 0, 1)),
                        List.of(),
                        null);
        return new FuseModules(List.of(group)).apply(graph(net));
    }

    @Test
    void sumsJoinConvolutionsForOneDnn() {
        for (boolean rectified : new boolean[] {false, true}) {
            Map<String, Tensor> state = new HashMap<>();
            state.put("a.weight", Generator.of(3).normals(Shape.of(3, 3, 3, 3), 0, 1));
            state.put("b.weight", Generator.of(5).normals(Shape.of(3, 3, 3, 3), 0, 1));
            Tensor x = Generator.of(4).normals(Shape.of(1, 3, 5, 5), 0, 1);
            Graph graph =
                    new TorchCase("conv add", state, List.of(x), List.of(), null)
                            .graph((net, in) -> {
                                String y = net.conv2d("a", net.quantStub("quant", in.getFirst()), 1, 1);
                                y = net.add("sum", net.conv2d("b", y, 1, 1), y);
                                return List.of(net.deQuantStub("dequant", rectified ? net.relu("relu", y) : y));
                            });
            List<String> group = rectified ? List.of("b", "sum", "relu") : List.of("b", "sum");
            PreparedGraph prepared = Quantizer.prepare(new FuseModules(List.of(group)).apply(graph), Presets.ONEDNN);
            assertThat(prepared.decisions().stream().skip(2)).allMatch(d -> d.reason().equals("joins Conv 'b'"));
            assertThat(prepared.watchedValues()).hasSize(3);
        }
    }

    private static void assertJoined(Graph fused, QuantizationSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(fused, spec);
        assertThat(prepared.decisions()).hasSize(2).allMatch(Decision::quantized);
        assertThat(prepared.decisions().getLast().reason()).startsWith("joins");
    }

    @Test
    void whatCannotBeFusedIsToldSo() {
        assertThatThrownBy(() -> fuse("linear relu", List.of("relu", "fc")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fusion of relu, fc: expected one of")
                .hasMessageEndingWith("found [ReLU, Linear]");
        assertThatThrownBy(() -> fuse("linear relu", List.of("fc", "none"))).hasMessageContaining("no module 'none'");
        assertThatThrownBy(() -> fuse("linear tanh relu", List.of("fc", "relu")))
                .hasMessageContaining("alone to read 'fc_output', found [Tanh 'act']");
    }
}
