package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever is wrong with what a command is given is told in one line, and nothing is written.
class BadInputTest {
    @TempDir private Path folder;

    @BeforeEach
    void prepare() throws IOException {
        Workspace workspace = Workspace.in(folder);
        Files.createDirectory(folder.resolve("folder"));
        Files.createFile(folder.resolve("empty"));
        write("broken.json", "{\"format\": \"octet-calibration\", }");
        write("other.json", "{\"a\": 1}");
        write("wrong.table", "nonsense");
        write("wrong.cache", "nonsense");
        write("broken.yaml", "preset: x86\n  foo: [1\nbar");
        write("key.yaml", "foo: 1");
        write("s.txt", "a sentence");
        write("observer.yaml", "activation: {observer: nonsense}");
        workspace.imagesWithNan();
        Shape shape = Shape.of(2, 3, 16, 16);
        Tensor infinite = Generator.of(7).normals(shape, 0, 1);
        infinite.setFloat(5, Float.POSITIVE_INFINITY);
        workspace.array("infinite.npy", infinite);
        workspace.array("integers.npy", Tensor.allocate(DType.INT64, shape));
        workspace.array("channels.npy", Tensor.allocate(DType.FLOAT32, Shape.of(2, 2, 16, 16)));
        workspace.array("none.npy", Tensor.allocate(DType.FLOAT32, Shape.of(0, 3, 16, 16)));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    /// File names stand for files of the test's folder, which the message names as they were given.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    inspect @images.npy                                    | @images.npy: not a valid ONNX model: byte
                    check @float.onnx                                      | @float.onnx: a file, not a folder
                    check @absent                                          | @absent: no such folder
                    quantize @float.onnx -o @o --table @broken.json        | @broken.json: no valid JSON at line 1, column
                    quantize @float.onnx -o @o --table @other.json         | @other.json: format is missing
                    quantize @float.onnx -o @o --table @empty              | @empty: the file: expected an object
                    quantize @float.onnx -o @o --table @absent.json        | @absent.json: no such file
                    quantize @float.onnx -o @o --table @folder             | @folder: a folder, not a calibration table
                    quantize @float.onnx -o @o --table @wrong.table        | @wrong.table: line 1: expected a name
                    quantize @float.onnx -o @o --table @wrong.cache        | @wrong.cache: line 1: expected TRT-
                    quantize @float.onnx -o @o -c --config @broken.yaml    | --config: @broken.yaml: no valid YAML or JSON at line 2, column 6: mapping values
                    quantize @float.onnx -o @o -c --config @key.yaml       | --config: @key.yaml: foo: expected one of
                    quantize @float.onnx -o @o -c --config @observer.yaml  | --config: @observer.yaml: activation: observer: expected one of
                    quantize @float.onnx -o @o -c --config @images.npy     | --config: @images.npy: not a text in UTF-8
                    quantize @float.onnx -o @o -c --config @folder         | @folder: a folder, not a YAML or JSON file
                    quantize @float.onnx -o @o -c --config @absent         | @absent: no such file
                    quantize @float.onnx -o @o -c --observer nonsense      | --observer: expected one of
                    quantize @float.onnx -o @o -c --observer placeholder   | --observer: expected one of
                    quantize @float.onnx -o @o -c --preset nonsense        | --preset: expected one of
                    quantize @float.onnx -o @o -c --mode nonsense          | --mode: expected static, dynamic or weight-only, found 'nonsense'
                    quantize @float.onnx -o @o -c --exclude (a             | --exclude: Unclosed group at character 2 of '(a'
                    quantize @float.onnx -o @o --mode weight-only --weight-bits 5 | --weight-bits: expected 2, 4 or 8, found 5
                    quantize @float.onnx -o @o --mode dynamic --preset no  | --preset for dynamic quantization: expected one of
                    quantize @float.onnx -o @o --calibration @nan.npy      | @nan.npy: sample 2: value 'image': values to observe contain NaN
                    quantize @float.onnx -o @o --calibration @infinite.npy | element 5 of input 'image' is Infinity
                    quantize @float.onnx -o @o --calibration @integers.npy | @integers.npy: sample 0: input 'image': expected FLOAT32, found INT64
                    quantize @float.onnx -o @o --calibration @channels.npy | @channels.npy: sample 0: input 'image': expected shape Nx3x16x16, found 1x2x16x16
                    quantize @float.onnx -o @o --calibration @none.npy     | @none.npy: no samples
                    quantize @float.onnx -o @o --calibration @folder       | @folder: no .npy
                    quantize @float.onnx -o @o --calibration @s.txt --tokenizer @absent | @absent: no such file
                    quantize @float.onnx -o @o --calibration @s.txt --tokenizer @folder | @folder: a folder, not a tokenizer.json
                    quantize @float.onnx -o @folder -c                     | @folder: a folder, where a file is to be written
                    quantize @float.onnx -o @absent/o -c                   | @absent/o: its folder does not exist
                    quantize @float.onnx -o @float.onnx -c                 | @float.onnx: --output would replace this input
                    qat @float.onnx -o @o --data @images.npy --preset no   | --preset: expected one of
                    qat @float.onnx -o @o --data @images.npy --epochs 0    | epochs: expected at least 1, found 0
                    """)
    void isToldInOneLine(String call, String message) {
        List<String> before = List.of(folder.toFile().list());
        String[] arguments = call.replace(" -c", " --calibration @images.npy").strip().split(" +", -1);
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = inFolder(arguments[i]);
        }
        Invocation failed = Invocation.of((Object[]) arguments);
        failed.failsWith(inFolder(message));
        assertThat(failed.err().lines()).hasSize(1);
        assertThat(failed.err()).startsWith("octet: ");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrderElementsOf(before);
    }

    private String inFolder(String text) {
        return text.replace("@", folder + "/");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPlaceThatTakesNoFilesIsToldBeforeTheWork() {
        for (String place : List.of("/proc/o.onnx", "/dev/full")) {
            Path images = folder.resolve("images.npy");
            Path model = folder.resolve("float.onnx");
            Invocation failed = Invocation.of("quantize", model, "-o", place, "--calibration", images);
            failed.failsWith("octet: " + place + ": ");
            assertThat(failed.err().lines()).hasSize(1);
        }
    }
}
