package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.octet.onnx.OnnxWriter;
import dev.octet.test.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
    private static final List<Object> QUICK = List.of("--runs", 3, "--warmup", 0, "--threads", 1);

    @TempDir private Path folder;

    private Workspace workspace;

    @BeforeEach
    void prepare() throws IOException {
        workspace = Workspace.in(folder);
    }

    private static Invocation bench(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("bench"));
        all.addAll(List.of(arguments));
        all.addAll(QUICK);
        return Invocation.of(all.toArray());
    }

    @Test
    void tellsProgramsTheTimes() {
        Path quantized = workspace.quantized();
        JsonNode json = bench(workspace.model(), quantized, "--shape", "image=2x3x16x16", "--json").json();
        List<JsonNode> cases = json.valueStream().toList();
        assertThat(cases)
                .extracting(c -> c.get("model").asString())
                .containsExactly(workspace.model().toString(), quantized.toString());
        assertThat(cases)
                .allSatisfy(c -> {
                    assertThat(c.propertyNames())
                            .containsExactly("model", "engine", "threads", "median_ms", "min_ms", "gmacs", "ratio");
                    assertThat(c.get("engine").asString()).isEqualTo("octet");
                    assertThat(c.get("threads").asInt()).isEqualTo(1);
                    assertThat(c.get("min_ms").asDouble()).isPositive();
                    assertThat(c.get("median_ms").asDouble()).isGreaterThanOrEqualTo(c.get("min_ms").asDouble());
                    assertThat(c.get("gmacs").asDouble()).isPositive();
                    assertThat(c.get("ratio").asDouble()).isPositive();
                });
        assertThat(cases.getFirst().get("ratio").asDouble()).isEqualTo(1);
        // Both models multiply as often: GMAC/s times milliseconds are MMAC.
        assertThat(cases.get(0).get("gmacs").asDouble() * cases.get(0).get("median_ms").asDouble())
                .isCloseTo(
                        cases.get(1).get("gmacs").asDouble() * cases.get(1).get("median_ms").asDouble(), offset(1e-9));
    }

    @Test
    void tellsPeopleTheTimes() {
        String table = bench(workspace.model(), "--shape", "image=1x3x16x16").succeeds().out();
        assertThat(table.lines().findFirst().orElseThrow().strip().split("\\s{2,}"))
                .containsExactly("model", "engine", "threads", "median ms", "min ms", "GMAC/s", "ratio");
        assertThat(table.lines().skip(2).findFirst().orElseThrow()).startsWith("float.onnx  octet").endsWith("1.00");
    }

    @Test
    void saysWhereTheTimeGoes() {
        String text = bench(workspace.model(), "--shape", "image=1x3x16x16", "--profile").succeeds().out();
        assertThat(text).contains("float.onnx, octet:");
        List<String> table = text.substring(text.indexOf("float.onnx, octet:")).lines().skip(1).toList();
        assertThat(table.getFirst().strip().split("\\s{2,}"))
                .containsExactly("operator", "by", "steps", "ms", "%", "GMAC/s");
        assertThat(table).anyMatch(line -> line.startsWith("Conv"));
        JsonNode steps =
                bench(workspace.model(), "--shape", "image=1x3x16x16", "--profile", "--json")
                        .succeeds()
                        .json()
                        .get(0)
                        .get("profile");
        double shares = 0;
        for (JsonNode step : steps) {
            shares += step.get("share").asDouble();
        }
        assertThat(shares).isEqualTo(1, offset(1e-9));
    }

    @Test
    void modelsOfOneNameAreToldApart() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other")).resolve("float.onnx");
        Files.copy(workspace.model(), other);
        assertThat(bench(workspace.model(), other, "--shape", "image=1x3x16x16").succeeds().out())
                .contains(workspace.model().toString(), other.toString());
    }

    @Test
    void modelsMayHaveInputsOfTheirOwn() throws IOException {
        Path transformer = folder.resolve("transformer.onnx");
        OnnxWriter.write(Models.tinyTransformer(1), transformer);
        bench(workspace.model(), transformer, "--shape", "image=1x3x16x16", "--shape", "ids=1x5").succeeds();
        bench(workspace.model(), transformer, "--shape", "image=1x3x16x16")
                .failsWith(transformer + ": ", "input 'ids'", "--shape ids=");
    }

    @Test
    void shapesAreChecked() {
        Path model = workspace.model();
        bench(model).failsWith(model + ": ", "input 'image'", "--shape image=1x3x16x16");
        bench(model, "--shape", "image=1x4x16x16").failsWith("Nx3x16x16", "1x4x16x16");
        bench(model, "--shape", "image=1x3").failsWith("Nx3x16x16", "1x3");
        bench(model, "--shape", "image=tall").failsWith("--shape", "'tall'");
        bench(model, "--shape", "image=0x3x16x16").failsWith("--shape", "at least 1");
        bench(model, "--shape", "image=-1x3x16x16").failsWith("--shape", "at least 1");
        bench(model, "--shape", "picture=1x3x16x16").failsWith("no model has an input 'picture'", "image");
    }

    @Test
    void enginesAreChecked() {
        bench(workspace.model(), "--shape", "image=1x3x16x16", "--engine", "abacus")
                .failsWith("--engine", "'abacus'", "octet");
        Invocation.of("bench", workspace.model(), "--shape", "image=1x3x16x16", "--runs", 0)
                .failsWith("--runs: expected at least 1, found 0");
        Invocation.of("bench", workspace.model(), "--shape", "image=1x3x16x16", "--warmup", -1).failsWith("--warmup");
    }
}
