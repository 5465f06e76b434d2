package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A training command that the system kills, as with `kill -9`, and that is given again.
class QatKillTest {
    @TempDir Path folder;

    private Process start(Workspace files, Path data, String out, String... more) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "qat"));
        command.addAll(
                List.of(files.model().toString(), "--data", data.toString(), "-o", folder.resolve(out).toString()));
        // Sums over one thread are in one order.
        command.addAll(List.of("--epochs", "4", "--batch", "8", "--threads", "1", "--validation", "0"));
        command.addAll(List.of("--labels", folder.resolve("labels.npy").toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String outputOf(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static void killAfterSecondEpoch(Process process) throws IOException, InterruptedException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.lines().anyMatch(l -> l.startsWith("epoch 2/4  loss"))).isTrue();
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).isNotZero();
    }

    @Test
    void goesOnAfterAKillToTheSameFile() throws IOException, InterruptedException {
        Workspace files = Workspace.in(folder);
        Path data = files.array("pictures.npy", Generator.of(5).normals(Shape.of(200, 3, 16, 16), 0, 1));
        files.array("labels.npy", Generator.of(6).integers(DType.INT64, Shape.of(200), 0, 9));
        String state = folder.resolve("state").toString();
        Process undisturbed = start(files, data, "whole.onnx");
        killAfterSecondEpoch(start(files, data, "resumed.onnx", "--checkpoint", state));
        assertThat(folder.resolve("resumed.onnx")).doesNotExist();
        String resumed = outputOf(start(files, data, "resumed.onnx", "--checkpoint", state));
        // The second epoch was told; whether its state was saved, too, is a matter of a moment.
        assertThat(resumed)
                .containsPattern("going on after epoch [12] of")
                .contains("epoch 4/4")
                .doesNotContain("epoch 1/4");
        String whole = outputOf(undisturbed);
        // So what is compared comes from after the kill.
        assertThat(whole).containsPattern("whole.onnx {2}\\(epoch [34] was best\\)");
        assertThat(folder.resolve("resumed.onnx")).hasSameBinaryContentAs(folder.resolve("whole.onnx"));
    }
}
