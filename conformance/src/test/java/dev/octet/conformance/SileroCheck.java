package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.benchmarks.CompareQuantized;
import dev.octet.benchmarks.CompareRuntimes;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.DynamicPresets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Silero's voice detectors, which no artifact of Maven Central carries, so that no build runs this by itself. The
/// property `octet.silero` names the folder of `silero_vad_v5.onnx`, `silero_vad_v6.onnx` and `silero_vad_legacy.onnx`;
/// see CONTRIBUTING.md.
class SileroCheck {
    private static final List<String> NEWER = List.of("input=1x512", "state=2x1x128:0", "sr=:16000", "stateN->state");
    private static final List<String> LEGACY =
            List.of("input=1x1536", "h=2x1x64:0", "c=2x1x64:0", "sr=:16000", "hn->h", "cn->c");

    @TempDir private Path folder;

    private static Path model(String version) {
        Path file =
                Path.of(System.getProperty("octet.silero", "octet.silero"), "silero_vad_" + version + ".onnx")
                        .toAbsolutePath();
        assertThat(file).as("octet.silero names the folder of Silero's models").isRegularFile();
        return file;
    }

    private static List<String> arguments(String version) {
        return version.equals("legacy") ? LEGACY : NEWER;
    }

    @ParameterizedTest
    @ValueSource(strings = {"v5", "v6", "legacy"})
    void runsAsInOnnxRuntime(String version) throws Exception {
        assertThat(CompareRuntimes.errors(model(version), arguments(version)))
                .isNotEmpty()
                .allSatisfy((_, error) -> assertThat(error).isLessThan(CompareRuntimes.LIMIT));
    }

    /// Measured: see README.md.
    @ParameterizedTest
    @ValueSource(strings = {"v5", "v6", "legacy"})
    void dynamically(String version, TestReporter reporter) throws Exception {
        Path file = model(version);
        Path quantized = folder.resolve("quantized.onnx");
        OnnxWriter.write(Quantizer.dynamic(OnnxReader.read(file), DynamicPresets.named("octet")).graph(), quantized);
        CompareQuantized.of(file, quantized, arguments(version))
                .forEach((output, closeness) -> {
                    reporter.publishEntry(version + " " + output, closeness.toString());
                    assertThat(closeness.octet().cosine()).as(output).isGreaterThan(0.98);
                    assertThat(closeness.runtime().cosine()).as(output).isGreaterThan(0.98);
                });
    }
}
