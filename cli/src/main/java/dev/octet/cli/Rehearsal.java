package dev.octet.cli;

import dev.octet.cli.demo.DemoFiles;
import dev.octet.data.npy.Npy;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A few seconds of usual work, for the JVM to watch: the launcher has it write an AOT cache (JEP 483 and 515) of the
/// classes and the profiles of this run, with which every later command starts faster.
public final class Rehearsal {
    private static final long TOKENS = 32;
    private static final List<String> TOKEN_INPUTS = List.of("input_ids", "attention_mask", "token_type_ids");

    private final Path folder;

    private Rehearsal(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException {
        Logging.configure();
        Path folder = Files.createTempDirectory("octet-rehearsal");
        try {
            Rehearsal rehearsal = new Rehearsal(folder);
            rehearsal.pictures();
            rehearsal.sentences();
        } finally {
            delete(folder);
        }
    }

    private void pictures() throws IOException {
        Path model = DemoFiles.extract("/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", folder.resolve("cls.onnx"));
        Path picture = folder.resolve("x.npy");
        Npy.write(Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 48, 192)), picture);
        Path small = folder.resolve("cls.int8.onnx");
        octet("inspect", model);
        octet("quantize", model, "-o", small, "--calibration", picture);
        octet("run", small, "--input", "x=" + picture, "-o", folder.resolve("out"));
    }

    private void sentences() throws IOException {
        Path model = DemoFiles.extract("/all-minilm-l6-v2-q.onnx", folder.resolve("minilm.onnx"));
        Tensor tokens = Tensor.allocate(DType.INT64, Shape.of(1, TOKENS));
        Path file = folder.resolve("tokens.npy");
        Npy.write(tokens, file);
        List<Object> arguments = new ArrayList<>(List.of("run", model, "-o", folder.resolve("out")));
        TOKEN_INPUTS.forEach(name -> arguments.add("--input=" + name + "=" + file));
        octet(arguments.toArray());
    }

    private static void octet(Object... arguments) {
        String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        int exit = Main.commandLine().execute(words);
        if (exit != 0) {
            throw new IllegalStateException("octet " + String.join(" ", words) + " ended with " + exit);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
