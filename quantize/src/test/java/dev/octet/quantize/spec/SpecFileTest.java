package dev.octet.quantize.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.MagnitudeSearch;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpecFileTest {
    @Test
    void readsYaml() {
        QuantizationSpec spec =
                SpecFile.parse(
                        """
                        preset: qnnpack
                        format: qoperator
                        activation:
                          observer: {name: tensorrt-percentile, percentile: 99.9}
                          dtype: uint8
                          range: [0, 127]
                        weight: {observer: per-channel-minmax}
                        types:
                          Softmax: float
                        names:
                          /encoder/layer.0: {weight: {observer: minmax, dtype: int4, symmetric: true}}
                        patterns:
                          - {pattern: ".*head.*", config: float}
                        types_in_order:
                          - {scope: /encoder, type: MatMul, index: 1, config: default}
                        """,
                        "x86");
        ObserverSpec percentile =
                new ObserverSpec.Magnitudes(new MagnitudeSearch(MagnitudeSearch.Method.PERCENTILE, 99.9), 2048);
        TensorSpec int4 = new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.symmetric(DType.INT4));
        QuantizationSpec expected =
                QConfigMapping.of(NodeConfig.INHERITED)
                        .withType("Softmax", NodeConfig.FLOAT)
                        .withName("/encoder/layer.0", NodeConfig.ofWeight(int4))
                        .withPattern(".*head.*", NodeConfig.FLOAT)
                        .withTypeInOrder("/encoder", "MatMul", 1, NodeConfig.INHERITED)
                        .applyTo(
                                Presets.QNNPACK
                                        .withFormat(QuantFormat.QOPERATOR)
                                        .withActivation(
                                                new TensorSpec(percentile, new QuantScheme(DType.UINT8, false, 0, 127)))
                                        .withWeight(Presets.QNNPACK.weight().withObserver(ObserverSpec.PER_CHANNEL)));
        assertThat(spec).isEqualTo(expected);
    }

    @Test
    void readsJsonAndKeepsThePresetGiven() {
        assertThat(SpecFile.parse("{}", "tflite")).isEqualTo(Presets.TFLITE);
        QuantizationSpec onlyNamed =
                SpecFile.parse("{\"global\": \"float\", \"types\": {\"Conv\": \"default\"}}", "x86");
        assertThat(onlyNamed)
                .isEqualTo(
                        QConfigMapping.of(NodeConfig.FLOAT)
                                .withType("Conv", NodeConfig.INHERITED)
                                .applyTo(Presets.X86));
    }

    @Test
    void saysWhatIsWrongAndWhere(@TempDir Path folder) throws IOException {
        assertWrong("presets: x86", "presets: expected one of [activation,");
        assertWrong("preset: tpu", "preset: expected one of [x86,");
        assertWrong("format: onnx", "format: expected one of [qdq, qoperator], found 'onnx'");
        assertWrong("activation: {observer: best}", "activation: observer: expected one of [absmax,");
        assertWrong("activation: {range: [1]}", "activation: range: expected two integers, found 1");
        assertWrong("weight: {dtype: int9}", "weight.dtype: unknown type 'int9'");
        assertWrong("weight: {symmetric: 1}", "weight.symmetric: expected true or false, found number");
        assertWrong("types: {Conv: int8}", "Conv: expected float, default or an object, found 'int8'");
        assertWrong("patterns: [{config: float}]", "patterns[0].pattern is missing");
        assertWrong("a: [", "no valid YAML or JSON");
        assertWrong("7", "the file: expected an object, found number");
        Path file = folder.resolve("spec.yaml");
        Files.writeString(file, "preset: tpu");
        assertThatThrownBy(() -> SpecFile.read(file, "x86")).hasMessageStartingWith(file + ": preset: expected");
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> SpecFile.parse(text, "x86"))
                .as(text)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
