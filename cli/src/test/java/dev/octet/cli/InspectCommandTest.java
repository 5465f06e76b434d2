package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.quantize.spec.DynamicPresets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
    @TempDir private Path folder;

    private Workspace workspace;

    @BeforeEach
    void prepare() throws IOException {
        workspace = Workspace.in(folder);
    }

    @Test
    void tellsTheModelToPrograms() {
        JsonNode json = Invocation.of("inspect", workspace.model(), "--json").json();
        assertThat(json.get("name").asString()).isEqualTo("tiny-conv-net");
        assertThat(json.get("opsets").get("").asInt()).isPositive();
        assertThat(json.get("inputs").toString())
                .isEqualTo("[{\"name\":\"image\",\"dtype\":\"FLOAT32\",\"shape\":[\"N\",3,16,16]}]");
        assertThat(json.get("outputs").get(0).get("name").asString()).isEqualTo("logits");
        assertThat(json.get("operators").get("Conv").asInt()).isEqualTo(4);
        assertThat(json.get("constant_bytes").asLong()).isPositive();
        assertThat(json.get("preset").asString()).isEqualTo("x86");
        List<JsonNode> decisions = json.get("decisions").valueStream().toList();
        assertThat(decisions)
                .allSatisfy(d -> assertThat(d.get("reason").asString()).isNotBlank())
                .allSatisfy(d -> assertThat(d.get("node").asString()).isNotBlank());
        assertThat(decisions.stream().filter(d -> d.get("operator").asString().equals("Conv")))
                .isNotEmpty()
                .allMatch(d -> d.get("quantized").asBoolean());
    }

    @Test
    void excludedNodesStayFloat() {
        JsonNode json = Invocation.of("inspect", workspace.model(), "--exclude-type", "Conv", "--json").json();
        assertThat(json.get("decisions").valueStream().filter(d -> d.get("operator").asString().equals("Conv")))
                .isNotEmpty()
                .noneMatch(d -> d.get("quantized").asBoolean());
    }

    @Test
    void exclusionsThatMatchNothingAreTold() {
        Invocation.of("inspect", workspace.model(), "--exclude", "no/such/node")
                .failsWith("--exclude", "'no/such/node'", "float.onnx", "as a whole");
        Path out = folder.resolve("out.onnx");
        Invocation.of("quantize", workspace.model(), "-o", out, "--mode", "dynamic", "--exclude", "conv")
                .failsWith("--exclude", "'conv'");
        assertThat(out).doesNotExist();
        // There in the file, but joined to its convolution.
        assertThat(Invocation.of("inspect", workspace.model(), "--exclude", "BatchNormalization").succeeds().err())
                .contains("'BatchNormalization'", "joins");
        for (String option : List.of("--exclude-type", "--include-type")) {
            Invocation.of("inspect", workspace.model(), option, "Cnov").failsWith(option, "no operator 'Cnov'");
            assertThat(Invocation.of("inspect", workspace.model(), option, "Tanh").succeeds().err())
                    .contains("has no operator Tanh");
        }
        assertThat(Invocation.of("inspect", workspace.model(), "--exclude", "Conv").succeeds().err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "names: {/no/such: float} | '/no/such'",
                "patterns: [{pattern: 'onv.*', config: float}] | begins with a match of 'onv.*'",
                "types: {Cnov: float} | there is no operator 'Cnov'",
                "types_in_order: [{scope: '', type: Conv, index: 7, config: float}] | number 7 of it in scope ''",
                "values: {imgae: {min: 0, max: 1}} | no value or constant 'imgae'",
                "constants: {classifier.wieght: {dtype: uint8}} | 'classifier.wieght'",
            })
    void rulesOfFilesThatAreAboutNothingAreTold(String rule, String complaint) throws IOException {
        Path config = Files.writeString(folder.resolve("rules.yaml"), rule);
        Invocation.of("inspect", workspace.model(), "--config", config).failsWith("--config: ", complaint.strip());
        if (!rule.startsWith("values") && !rule.startsWith("constants")) {
            Invocation.of("inspect", workspace.model(), "--mode", "dynamic", "--config", config)
                    .failsWith("--config: ", complaint.strip());
        }
    }

    @Test
    void rulesOfFilesMayBeAboutWhatJoins() throws IOException {
        Path config =
                Files.writeString(
                        folder.resolve("rules.yaml"),
                        "patterns: [{pattern: Batch, config: float}, {pattern: Con, config: float}]\n"
                                + "types: {Tanh: float, BatchNormalization: float}\n"
                                + "values: {image: {min: 0, max: 1}}\nconstants: {classifier.weight: {dtype: uint8}}");
        assertThat(Invocation.of("inspect", workspace.model(), "--config", config).succeeds().err())
                .contains("'Batch' joins other nodes", "has no operator Tanh")
                .doesNotContain("'Con'", "no operator BatchNormalization");
    }

    @ParameterizedTest
    @CsvSource({
        "--mode dynamic --preset float16, float16",
        "--mode dynamic --preset x86, int8",
        "--mode weight-only --weight-bits 4, int4",
        "--mode weight-only --weight-format nf4, nf4",
        "--preset x86, int8"
    })
    void namesWhatQuantizedNodesAreIn(String options, String form) {
        List<String> arguments = new ArrayList<>(List.of("inspect", workspace.model().toString()));
        arguments.addAll(List.of(options.split(" ")));
        assertThat(Invocation.of(arguments.toArray()).succeeds().out())
                .containsPattern("1 +Gemm +" + form + " ")
                .doesNotContainPattern("Gemm +" + (form.equals("int8") ? "float16" : "int8") + " ");
    }

    @Test
    void tellsTheModelToPeople() {
        String summary = Invocation.of("inspect", workspace.model()).succeeds().out();
        assertThat(summary).contains("tiny-conv-net", "image", "Nx3x16x16", "logits", "preset x86", "Conv");
        String nodes = Invocation.of("inspect", workspace.model(), "--nodes").succeeds().out();
        assertThat(nodes.lines().count()).isGreaterThan(summary.lines().count());
    }

    @Test
    void tellsWhatEachTensorWouldGet() throws IOException {
        JsonNode json = Invocation.of("inspect", workspace.model(), "--preset", "tensorrt", "--json").json();
        assertThat(json.get("tensors").valueStream())
                .isNotEmpty()
                .allSatisfy(t -> assertThat(t.get("reason").asString()).isNotBlank())
                .anySatisfy(t -> {
                    assertThat(t.get("tensor").asString()).isEqualTo("image");
                    assertThat(t.get("integers").asString()).isEqualTo("INT8 [-128, 127] symmetric per tensor");
                    assertThat(t.get("scales_from").asString()).contains("ENTROPY");
                })
                .anySatisfy(t -> assertThat(t.get("integers").asString()).endsWith("per channel 0"));
        String printed = Invocation.of("inspect", workspace.model(), "--tensors").succeeds().out();
        assertThat(printed).contains("UINT8 [0, 127] per tensor", "weights of", "INT32");
    }

    @ParameterizedTest
    @CsvSource({
        "dynamic, INT8 [-127; 127] symmetric per channel 1, its range at run time",
        "weight-only, 8 bits symmetric in blocks of 128, each block"
    })
    void tellsWhatModesWithoutDataWouldDo(String mode, String integers, String source) {
        JsonNode json = Invocation.of("inspect", workspace.model(), "--mode", mode, "--json").json();
        assertThat(json.get("decisions").valueStream())
                .anyMatch(d -> d.get("quantized").asBoolean())
                .anyMatch(d -> !d.get("quantized").asBoolean() && !d.get("reason").asString().isBlank());
        assertThat(json.get("tensors").valueStream().map(t -> t.get("integers").asString()))
                .contains(integers.replace(';', ','));
        assertThat(json.get("tensors").valueStream().map(t -> t.get("scales_from").asString())).contains(source);
        String printed = Invocation.of("inspect", workspace.model(), "--mode", mode, "--tensors").succeeds().out();
        assertThat(printed).contains(integers.replace(';', ','), "weights of");
        Invocation.of("inspect", workspace.model(), "--mode", "best").failsWith("--mode", "'best'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x86",
                "fbgemm",
                "onednn",
                "qnnpack",
                "default",
                "default_symmetric_qnnpack",
                "onnxruntime",
                "tensorrt",
                "ncnn",
                "tflite"
            })
    void tellsWhatEveryPresetWouldDo(String preset) {
        JsonNode json = Invocation.of("inspect", workspace.model(), "--preset", preset, "--json").json();
        assertThat(json.get("preset").asString()).isEqualTo(preset);
        assertThat(json.get("tensors").valueStream())
                .anySatisfy(t -> assertThat(t.get("reason").asString()).startsWith("weights of"))
                .anySatisfy(t -> assertThat(t.get("reason").asString()).startsWith("read by"))
                .allSatisfy(t -> assertThat(t.get("integers").asString()).isNotBlank());
    }

    @ParameterizedTest
    @MethodSource("dynamicPresets")
    void tellsWhatEveryDynamicPresetWouldDo(String preset) {
        JsonNode json =
                Invocation.of("inspect", workspace.model(), "--mode", "dynamic", "--preset", preset, "--json").json();
        assertThat(json.get("preset").asString()).isEqualTo(preset);
        assertThat(json.get("decisions").valueStream())
                .allSatisfy(d -> assertThat(d.get("reason").asString()).isNotBlank());
        if (preset.startsWith("embedding")) {
            // The network has no table.
            assertThat(json.get("tensors")).isEmpty();
            return;
        }
        assertThat(json.get("tensors").valueStream())
                .anySatisfy(t -> assertThat(t.get("reason").asString()).startsWith("weights of"))
                .allSatisfy(t -> assertThat(t.get("integers").asString()).isNotBlank())
                // FLOAT16 has no scales.
                .allSatisfy(
                        t -> assertThat(t.get("scales_from").asString().isBlank()).isEqualTo(preset.equals("float16")));
    }

    static List<String> dynamicPresets() {
        return DynamicPresets.names();
    }

    @Test
    void configurationsComeFromFiles() throws IOException {
        Path config = folder.resolve("config.yaml");
        Files.writeString(config, "preset: qnnpack\ntypes: {Conv: float}\n");
        JsonNode json = Invocation.of("inspect", workspace.model(), "--config", config, "--json").json();
        assertThat(json.get("preset").asString()).isEqualTo("qnnpack");
        assertThat(json.get("decisions").valueStream().filter(d -> d.get("operator").asString().equals("Conv")))
                .isNotEmpty()
                .noneMatch(d -> d.get("quantized").asBoolean());
        Files.writeString(config, "preset: best\n");
        Invocation.of("inspect", workspace.model(), "--config", config).failsWith("config.yaml", "'best'");
        Invocation.of("inspect", workspace.model(), "--config", folder.resolve("none.yaml")).failsWith("none.yaml");
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnownOnes() {
        Invocation.of("inspect", workspace.model(), "--preset", "best").failsWith("'best'", "x86", "qnnpack");
        Invocation.of("inspect", workspace.model(), "--observer", "eyes").failsWith("'eyes'", "histogram");
        Invocation.of("inspect", workspace.model(), "--format", "gguf").failsWith("'gguf'", "qdq");
        Invocation.of("inspect", workspace.model(), "--exclude", "(").failsWith("--exclude");
    }
}
