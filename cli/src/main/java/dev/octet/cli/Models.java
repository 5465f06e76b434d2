package dev.octet.cli;

import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Models from files.
final class Models {
    private Models() {}

    static Graph read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new UserException(
                    file + ": " + (Files.isDirectory(file) ? "a folder, not a model file" : "no such file"));
        }
        return OnnxReader.read(file);
    }
}
