package dev.octet.quantize.torch;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.graph.op.Window;
import dev.octet.quantize.Decision;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// One module at a time between stubs through PyTorch's static flow: prepare, calibrate, convert, run; made by
/// make_module_goldens.py.
class StaticModulesTest {
    private interface Module {
        String write(TorchLayers net, List<String> x);
    }

    private static final Map<String, Module> MODULES =
            Map.ofEntries(
                    entry("linear", (n, x) -> n.linear("m", x.get(0))),
                    entry("conv1d", (n, x) -> n.conv1d("m", x.get(0), 1, 1)),
                    entry("conv2d", (n, x) -> n.conv2d("m", x.get(0), 2, 1)),
                    entry("conv3d", (n, x) -> n.conv3d("m", x.get(0), 1, 0)),
                    entry(
                            "grouped conv2d",
                            (n, x) -> n.conv("m", x.get(0), Window.of(3, 3).withStrides(1, 1).withPads(1, 1, 1, 1), 4)),
                    entry("convtranspose1d", (n, x) -> n.convTranspose1d("m", x.get(0), 2, 0)),
                    entry("convtranspose2d", (n, x) -> n.convTranspose2d("m", x.get(0), 2, 1)),
                    entry("batchnorm2d", (n, x) -> n.batchNorm("m", x.get(0))),
                    entry("batchnorm3d", (n, x) -> n.batchNorm("m", x.get(0))),
                    entry("relu", (n, x) -> n.relu("m", x.get(0))),
                    entry("relu6", (n, x) -> n.relu6("m", x.get(0))),
                    entry("hardswish", (n, x) -> n.hardswish("m", x.get(0))),
                    entry("leakyrelu", (n, x) -> n.leakyRelu("m", x.get(0), 0.2f)),
                    entry("elu", (n, x) -> n.elu("m", x.get(0))),
                    entry("sigmoid", (n, x) -> n.sigmoid("m", x.get(0))),
                    entry("tanh", (n, x) -> n.tanh("m", x.get(0))),
                    entry("maxpool2d", (n, x) -> n.maxPool2d("m", x.get(0), 3, 2, 1)),
                    entry("avgpool2d", (n, x) -> n.avgPool2d("m", x.get(0), 2, 2, 0)),
                    entry("adaptiveavgpool2d", (n, x) -> n.globalAveragePool("m", x.get(0))),
                    entry("add", (n, x) -> n.add("m", x.get(0), x.get(1))),
                    entry("mul", (n, x) -> n.mul("m", x.get(0), x.get(1))),
                    entry("add_relu", (n, x) -> n.addRelu("m", x.get(0), x.get(1))),
                    entry("cat", (n, x) -> n.cat("m", 1, x)),
                    entry("matmul", (n, x) -> n.matmul("m", x.get(0), x.get(1))));

    static Stream<TorchCase> modules() {
        return TorchCase.read("modules.json");
    }

    private static List<String> write(TorchLayers net, Module module, List<String> inputs) {
        List<String> stubs = inputs.stream().map(x -> net.quantStub("quant_" + x, x)).toList();
        return List.of(net.deQuantStub("dequant", module.write(net, stubs)));
    }

    private static Graph quantized(TorchCase golden) {
        Graph graph = golden.graph((net, x) -> write(net, MODULES.get(golden.name()), x));
        assertThat(TorchCase.run(graph, golden.inputs()).getFirst().toFloatArray())
                .as("in float")
                .containsExactly(golden.outputs().getFirst().toFloatArray(), Offset.offset(3e-6f));
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        assertThat(prepared.decisions()).allMatch(Decision::quantized);
        List<Map<String, Tensor>> batches =
                golden.json()
                        .get("batches")
                        .valueStream()
                        .map(b -> TorchCase.named(b.valueStream().map(TorchCase::tensor).toList()))
                        .toList();
        CalibrationTable table = prepared.calibrate(Dataset.of(batches), 1, CalibrationListener.NONE);
        return Quantizer.convert(prepared, table);
    }

    /// The same integers with the same parameters. A mean of windows lies on ties, which float sums decide here; parts
    /// that are joined have the parameters of the result here, as in PyTorch's FX flow, which eager's stubs do not
    /// know.
    @ParameterizedTest
    @MethodSource("modules")
    void quantizesAsPyTorchDoes(TorchCase golden) {
        Graph quantized = quantized(golden);
        Node last = quantized.producer(quantized.outputs().getFirst().name()).orElseThrow();
        assertThat(last.op().type()).isEqualTo("DequantizeLinear");
        JsonNode json = golden.json();
        float scale = quantized.constant(last.input(1)).orElseThrow().getFloat(0);
        assertThat((double) scale).isCloseTo(json.get("scale").asDouble(), Percentage.withPercentage(1e-4));
        assertThat(quantized.constant(last.input(2)).orElseThrow().getLong(0))
                .isEqualTo(json.get("zeroPoint").asLong());
        float[] found = TorchCase.run(quantized, golden.inputs()).getFirst().toFloatArray();
        float[] expected = TorchCase.tensor(json.get("quantized")).toFloatArray();
        assertThat(found).hasSameSizeAs(expected);
        int apart = 0;
        for (int i = 0; i < found.length; i++) {
            int steps = Math.round(Math.abs(found[i] - expected[i]) / scale);
            assertThat(steps).isLessThanOrEqualTo(1);
            apart += steps;
        }
        int most = golden.name().equals("cat") || golden.name().equals("avgpool2d") ? found.length / 8 : 0;
        assertThat(apart).as("steps apart of " + found.length).isLessThanOrEqualTo(most);
    }

    @Test
    void everyModuleHasACase() {
        assertThat(modules().map(TorchCase::name)).containsExactlyInAnyOrderElementsOf(MODULES.keySet());
    }
}
