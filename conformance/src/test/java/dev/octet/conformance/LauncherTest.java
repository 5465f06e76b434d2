package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the script `octet` decides before Java starts.
class LauncherTest {
    /// Takes over the functions that decide, and nothing that the script does.
    private static final String SCRIPT =
            """
            eval "$(sed -n '/^needs_pytorch() {/,/^}/p; /^trains() {/,/^}/p' "$0")"
            main=$1
            shift
            needs_pytorch "$@" && echo yes || echo no
            """;

    @ParameterizedTest
    @CsvSource({
        "dev.octet.cli.Main, qat model.onnx --data images.npz -o out.onnx, yes",
        "dev.octet.cli.Main, qat --data=images.npz --epochs 2 model.onnx -o out.onnx, yes",
        "dev.octet.cli.Main, qat, no",
        "dev.octet.cli.Main, qat --version, no",
        "dev.octet.cli.Main, qat -V, no",
        "dev.octet.cli.Main, qat --help, no",
        "dev.octet.cli.Main, qat model.onnx --data images.npz -h, no",
        "dev.octet.cli.Main, quantize model.onnx -o out.onnx, no",
        "dev.octet.cli.Main, run qat --data images.npz, no",
        "dev.octet.benchmarks.ModelBench, 'conv pytorch,octet', yes",
        "dev.octet.benchmarks.ModelBench, conv octet, no"
    })
    void pytorchIsFetchedOnlyForWhatComputesWithIt(String main, String arguments, String expected)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT));
        command.add(Repository.root().resolve("octet").toString());
        command.add(main);
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(output.strip()).isEqualTo(expected);
    }
}
