package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `octet demo` in a process of its own, as users start it: what it prints where, and that what it claims was measured.
class DemoCommandTest {
    @TempDir private Path folder;

    private record Call(int exit, String out, String err) {}

    private Call demo() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.octet.cli.Main"));
        command.addAll(List.of("demo", "--threads", "1", "-o", folder.resolve("demo").toString(), "--json"));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        return new Call(process.waitFor(), Files.readString(out), Files.readString(err));
    }

    @Test
    void bothRuntimesRunWhatItWrites() throws IOException, InterruptedException {
        Call call = demo();
        assertThat(call.exit()).as(call.err()).isZero();
        assertThat(call.err()).as("libraries keep quiet").isEmpty();
        JsonNode json = JsonMapper.shared().readTree(call.out());
        Path quantized = Path.of(json.get("output").asString());
        assertThat(json.get("quantized_bytes").asLong()).isEqualTo(Files.size(quantized));
        assertThat(json.get("float_bytes").asLong()).isGreaterThan(json.get("quantized_bytes").asLong());
        assertThat(json.get("threads").asInt()).isEqualTo(1);
        assertThat(json.get("float_ms").asDouble()).isPositive();
        List<JsonNode> outcomes = json.get("quantized").valueStream().toList();
        assertThat(outcomes).extracting(o -> o.get("engine").asString()).containsExactly("octet", "onnxruntime");
        assertThat(outcomes)
                .allSatisfy(o -> {
                    assertThat(o.get("median_ms").asDouble()).isPositive();
                    assertThat(o.get("mean_cosine").asDouble()).isBetween(0.985, 1.0);
                    assertThat(o.get("worst_cosine").asDouble()).isBetween(0.95, o.get("mean_cosine").asDouble());
                    assertThat(o.get("sqnr_db").asDouble()).isGreaterThan(15);
                    assertThat(o.get("agreeing_queries").asInt()).isBetween(2, json.get("queries").asInt());
                });
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(quantized)) {
            assertThat(oracle.run(RealModels.shortSentence())).isNotEmpty();
        }
    }
}
