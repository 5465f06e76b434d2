package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.SpecFile;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What configuration files say of single nodes.
class NodeSettingsTest {
    private static final ObserverSpec OWN = ObserverSpec.MOVING_AVERAGE;

    /// Two convolutions with a ReLU each, then a sum of what the second one reads and makes.
    private static Graph network() {
        TinyGraphs graph = new TinyGraphs("network");
        String x = graph.input("x", 1, 3, 8, 8);
        String first = graph.add("relu1", "Relu", graph.conv("conv1", x, 3, 4, 3));
        String second = graph.add("relu2", "Relu", graph.conv("conv2", first, 4, 4, 3));
        return graph.build(graph.conv("conv3", graph.add("sum", "Add", first, second), 4, 2, 1));
    }

    private static PreparedGraph prepared(String text) {
        return Quantizer.prepare(network(), SpecFile.parse(text, "x86"));
    }

    private static ObserverSpec observer(PreparedGraph prepared, String value) {
        return prepared.ranges().stream()
                .filter(r -> r.name().equals(value))
                .findFirst()
                .orElseThrow()
                .spec()
                .observer();
    }

    /// As in PyTorch, where the fused module has the name and the settings of its first.
    @Test
    void settingsOfAnOperatorAreThoseOfWhatJoinsIt() {
        for (String rule :
                List.of(
                        "names: {conv1: {activation: {observer: moving-average}}}",
                        "names: {relu1: {activation: {observer: moving-average}}}",
                        "patterns: [{pattern: 'onv1', config: float},"
                                + " {pattern: 'co.*1', config: {activation: {observer: moving-average}}}]",
                        "types_in_order: [{scope: '', type: Conv, index: 0,"
                                + " config: {activation: {observer: moving-average}}}]")) {
            PreparedGraph prepared = prepared(rule);
            assertThat(observer(prepared, "relu1")).as(rule).isEqualTo(OWN);
            assertThat(observer(prepared, "relu2")).as(rule).isEqualTo(ObserverSpec.HISTOGRAM);
        }
        PreparedGraph byType = prepared("types: {Conv: {activation: {observer: moving-average}}}");
        assertThat(List.of("x", "relu1", "relu2")).allMatch(v -> observer(byType, v).equals(OWN));
        assertThat(observer(byType, "sum")).isEqualTo(ObserverSpec.HISTOGRAM);
    }

    /// What nobody computes in 8 bits has the settings of the first that reads it.
    @Test
    void inputsHaveTheSettingsOfTheirReader() {
        assertThat(observer(prepared("names: {conv1: {activation: {observer: moving-average}}}"), "x")).isEqualTo(OWN);
        assertThat(observer(prepared("names: {conv1: {activation: {observer: reuse-input}}}"), "x"))
                .isEqualTo(ObserverSpec.HISTOGRAM);
    }

    @Test
    void whatJoinsANamedOperatorIsQuantizedWithIt() {
        PreparedGraph named = prepared("global: float\nnames: {conv2: default}");
        assertThat(named.quantizedNodes()).containsOnlyKeys("conv2", "relu2");
        PreparedGraph apart = prepared("global: float\nnames: {conv2: default, relu2: float}");
        assertThat(apart.quantizedNodes()).containsOnlyKeys("conv2");
    }

    @Test
    void aPatternMatchesTheBeginningOfAName() {
        assertThat(prepared("patterns: [{pattern: con, config: float}]").quantizedNodes()).isEmpty();
        assertThat(prepared("patterns: [{pattern: onv, config: float}]").quantizedNodes()).hasSize(6);
    }

    @Test
    void placeholdersStayFloat() {
        for (String rule :
                List.of(
                        "names: {conv2: {activation: {observer: placeholder}}}",
                        "names: {conv2: {activation: {observer: noop}}}",
                        "names: {conv2: {weight: {observer: placeholder}}}")) {
            assertThat(prepared(rule).quantizedNodes()).as(rule).doesNotContainKey("conv2").containsKey("conv1");
        }
    }

    @Test
    void anOutputMayReuseItsInputsParameters() {
        PreparedGraph prepared = prepared("names: {conv2: {activation: {observer: reuse-input}}}");
        assertThat(prepared.ranges()).anyMatch(r -> r.values().equals(List.of("relu1", "relu2")));
        assertThatThrownBy(() -> SpecFile.parse("activation: {observer: reuse-input}", "x86"))
                .hasMessageContaining("reuse-input is for single nodes");
        assertThatThrownBy(() -> SpecFile.parse("weight: {observer: recording}", "x86"))
                .hasMessageContaining("weights: expected an observer that finds their range");
    }

    @Test
    void recordingsGiveNoParameters() {
        QuantizationSpec spec = SpecFile.parse("names: {conv2: {activation: {observer: recording}}}", "x86");
        PreparedGraph prepared = Quantizer.prepare(network(), spec);
        Dataset data = Dataset.of(List.of(Map.of("x", Generator.of(1).normals(Shape.of(1, 3, 8, 8), 0, 1))));
        assertThatThrownBy(() -> prepared.calibrate(data, CalibrationListener.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("value 'relu2': a recording is for looking at");
        CalibrationTable table =
                Quantizer.prepare(network(), SpecFile.parse("{}", "x86")).calibrate(data, CalibrationListener.NONE);
        assertThat(table.entries()).containsKey("relu2");
    }
}
