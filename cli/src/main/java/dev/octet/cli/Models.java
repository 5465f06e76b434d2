package dev.octet.cli;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.onnx.OnnxReader;
import java.io.IOException;
import java.nio.file.Path;

/// Models from files. What goes wrong with one is told with its file, since a command may have several.
final class Models {
    private Models() {}

    static Graph read(Path file) throws IOException {
        InputFiles.require(file, "a model file");
        return about(file, () -> OnnxReader.read(file));
    }

    /// Opens a session of a graph that was read from the file.
    static Session open(Path file, Graph graph, SessionOptions options) throws IOException {
        return about(file, () -> Session.open(graph, options));
    }

    /// Does something with the model of a file, and names the file if the model is not fit for it and the message does
    /// not.
    static <T> T about(Path file, Action<T> action) throws IOException {
        try {
            return action.run();
        } catch (GraphException | UnsupportedOperatorException | IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            throw new UserException(message.startsWith(file + ":") ? message : file + ": " + message, e);
        }
    }

    /// What is done with a model.
    @FunctionalInterface
    interface Action<T> {
        T run() throws IOException;
    }
}
