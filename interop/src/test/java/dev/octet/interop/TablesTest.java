package dev.octet.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.graph.Graph;
import dev.octet.interop.ncnn.NcnnTable;
import dev.octet.interop.tensorrt.TensorRtCache;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {
    @TempDir private Path folder;

    private static PreparedGraph prepared(String preset) {
        Graph graph = Models.tinyConvNet(3);
        return Quantizer.prepare(graph, Presets.named(preset));
    }

    private static CalibrationTable calibrated(PreparedGraph prepared) {
        Generator g = Generator.caseOf(5, 1);
        Dataset data = Dataset.of(List.of(Map.of("image", g.normals(Shape.of(2, 3, 16, 16), 0.1f, 1))));
        return prepared.calibrate(data, CalibrationListener.NONE);
    }

    @Test
    void ncnnTablesKeepEveryScale() throws IOException {
        PreparedGraph prepared = prepared("ncnn");
        CalibrationTable table = calibrated(prepared);
        Path file = folder.resolve("net.table");
        NcnnTable written = NcnnTable.of(prepared, table);
        assertThat(written.inputs()).hasSizeGreaterThan(3).hasSameSizeAs(written.weights());
        written.write(file);
        NcnnTable read = NcnnTable.read(file);
        assertThat(read.inputs()).isEqualTo(written.inputs());
        CalibrationTable applied = read.applyTo(prepared, prepared.emptyTable("net.table"));
        for (SharedRange range : prepared.ranges()) {
            float expected = table.entry(range.name()).orElseThrow().params().scale();
            assertThat(applied.entry(range.name()).orElseThrow().params().scale())
                    .as(range.name())
                    .isCloseTo(expected, within(expected * 2.4e-7f));
        }
        prepared.weightParams(table)
                .forEach((node, params) -> {
                    QuantParams weights = prepared.weightParams(applied).get(node);
                    assertThat(weights.granularity()).as(node.name()).isEqualTo(params.granularity());
                    float[] scales = weights.scales();
                    assertThat(scales).hasSameSizeAs(params.scales());
                    for (int c = 0; c < scales.length; c++) {
                        float scale = params.scales()[c];
                        assertThat(scales[c]).as(node + " channel " + c).isCloseTo(scale, within(scale * 2.4e-7f));
                    }
                });
        assertThat(Quantizer.convert(prepared, applied).nodes()).isNotEmpty();
    }

    /// The multiplier of a table counts, not the range of the weights.
    @Test
    void weightsHaveTheMultipliersOfTheTable() {
        PreparedGraph prepared = prepared("ncnn");
        NcnnTable usual = NcnnTable.of(prepared, calibrated(prepared));
        String layer = usual.weights().keySet().iterator().next();
        Map<String, float[]> weights = new HashMap<>(usual.weights());
        float[] coarse = weights.get(layer).clone();
        coarse[1] /= 2;
        weights.put(layer, coarse);
        CalibrationTable applied =
                new NcnnTable(weights, usual.inputs()).applyTo(prepared, prepared.emptyTable("net.table"));
        Map<String, float[]> again = NcnnTable.of(prepared, applied).weights();
        assertThat(again.get(layer)[0]).isCloseTo(usual.weights().get(layer)[0], within(1e-4f));
        assertThat(again.get(layer)[1]).isCloseTo(usual.weights().get(layer)[1] / 2, within(1e-4f));
    }

    @Test
    void layersWithoutALineStayFloat() {
        PreparedGraph prepared = prepared("ncnn");
        NcnnTable all = NcnnTable.of(prepared, calibrated(prepared));
        assertThat(all.layersInFloat(prepared)).isEmpty();
        List<String> layers = List.copyOf(all.inputs().keySet());
        Map<String, Float> inputs = new HashMap<>(all.inputs());
        inputs.remove(layers.get(0));
        Map<String, float[]> weights = new HashMap<>(all.weights());
        weights.remove(layers.get(2));
        NcnnTable some = new NcnnTable(weights, inputs);
        Set<String> left = some.layersInFloat(prepared);
        assertThat(left).containsExactly(layers.get(0), layers.get(2));
        PreparedGraph fewer =
                Quantizer.prepare(prepared.graph(), prepared.spec().excluding(new NodeSelector.Nodes(left, 0)));
        Graph quantized = Quantizer.convert(fewer, some.applyTo(fewer, fewer.emptyTable("net.table")));
        assertThat(quantized.nodes().stream().filter(n -> n.op().type().equals("QuantizeLinear")))
                .hasSize(layers.size() - 2);
        assertThatThrownBy(() -> new NcnnTable(Map.of(), Map.of("fc9", 1f)).layersInFloat(prepared))
                .hasMessageContaining("found those of [fc9]");
    }

    @Test
    void ncnnLinesBehindAHashStayFloat() throws IOException {
        Path file = folder.resolve("net.table");
        Files.writeString(file, "conv1_param_0 31.5 62\n#conv2_param_0 1\n\nconv1 45.4631691\n# conv2 3\n");
        NcnnTable table = NcnnTable.read(file);
        assertThat(table.inputs()).containsExactly(Map.entry("conv1", 45.4631691f));
        assertThat(table.weights().get("conv1")).containsExactly(31.5f, 62);
        Files.writeString(file, "conv1 45\nconv2\n");
        assertThatThrownBy(() -> NcnnTable.read(file)).hasMessageContaining("net.table: line 2: expected a name");
        Files.writeString(file, "conv1 -1\n");
        assertThatThrownBy(() -> NcnnTable.read(file)).hasMessageContaining("line 1: expected positive");
    }

    /// A line as TensorRT writes it: 3c010a14 is the scale of values up to about 1.
    @Test
    void cachesKeepTheBitsOfEveryScale() throws IOException {
        Path file = folder.resolve("net.cache");
        Files.writeString(
                file, "TRT-8601-EntropyCalibration2\nimage: 3c010a14\n(Unnamed Layer* 0) [x]_output: 3f800000\n");
        TensorRtCache cache = TensorRtCache.read(file);
        assertThat(cache.header()).isEqualTo("TRT-8601-EntropyCalibration2");
        assertThat(cache.scales().get("image")).isCloseTo(1 / 127f, within(3e-6f));
        assertThat(cache.scales().get("(Unnamed Layer* 0) [x]_output")).isEqualTo(1);
        Path copy = folder.resolve("copy.cache");
        cache.write(copy);
        assertThat(Files.readString(copy)).isEqualTo(Files.readString(file));
        Files.writeString(file, "TRT-8601\nimage 3c010a14\n");
        assertThatThrownBy(() -> TensorRtCache.read(file)).hasMessageContaining("line 2: expected NAME:");
        Files.writeString(file, "image: 3c010a14\n");
        assertThatThrownBy(() -> TensorRtCache.read(file)).hasMessageContaining("line 1: expected TRT-");
    }

    @Test
    void calibratedScalesGoIntoACacheAndBack() throws IOException {
        PreparedGraph prepared = prepared("tensorrt");
        CalibrationTable table = calibrated(prepared);
        Path file = folder.resolve("net.cache");
        TensorRtCache.of(prepared, table).write(file);
        CalibrationTable applied = TensorRtCache.read(file).applyTo(prepared, prepared.emptyTable("net.cache"));
        for (SharedRange range : prepared.ranges()) {
            assertThat(applied.entry(range.name()).orElseThrow().params())
                    .isEqualTo(table.entry(range.name()).orElseThrow().params());
        }
    }
}
