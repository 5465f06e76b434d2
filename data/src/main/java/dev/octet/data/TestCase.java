package dev.octet.data;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxTensors;
import dev.octet.tensor.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// A case of the ONNX standard's backend tests: a folder with `model.onnx` and folders `test_data_set_N`, each with the
/// tensors of the model's inputs, `input_K.pb`, and of the outputs that are right for them, `output_K.pb`.
public record TestCase(Path folder) {
    private static final String MODEL = "model.onnx";

    /// The case that a folder is, or those that lie in it, by name.
    ///
    /// @throws DataException if there is none
    public static List<TestCase> find(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new DataException(folder + (Files.exists(folder) ? ": a file, not a folder" : ": no such folder"));
        }
        if (isCase(folder)) {
            return List.of(new TestCase(folder));
        }
        try (Stream<Path> entries = Files.list(folder)) {
            List<TestCase> cases = entries.filter(TestCase::isCase).sorted().map(TestCase::new).toList();
            if (cases.isEmpty()) {
                throw new DataException(folder + ": expected " + MODEL + ", or folders that have one");
            }
            return cases;
        }
    }

    private static boolean isCase(Path folder) {
        return Files.isRegularFile(folder.resolve(MODEL));
    }

    /// The folder's name.
    public String name() {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /// Runs the model on each test set and compares what it computes, see [TestTolerance].
    ///
    /// @return the first difference; empty if there is none
    /// @throws IOException if a file cannot be read
    /// @throws RuntimeException as [OnnxReader], [OnnxTensors] and [Session] do, if the model cannot run
    public Optional<String> run(SessionOptions options) throws IOException {
        List<Path> sets = TestSets.list(folder);
        if (sets.isEmpty()) {
            throw new DataException(folder + ": expected test_data_set_0, found no test set");
        }
        try (Session session = Session.open(OnnxReader.read(folder.resolve(MODEL)), options)) {
            for (Path set : sets) {
                Optional<String> difference = difference(session, set);
                if (difference.isPresent()) {
                    return difference;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> difference(Session session, Path set) throws IOException {
        Map<String, Value> results = session.runValues(values(set, "input", session.inputs()));
        for (Map.Entry<String, Value> expected : values(set, "output", session.outputs()).entrySet()) {
            Value found = Objects.requireNonNull(results.get(expected.getKey()));
            Optional<String> difference = TestTolerance.difference(found, expected.getValue());
            if (difference.isPresent()) {
                return difference.map(d -> set.getFileName() + ", output '" + expected.getKey() + "': " + d);
            }
        }
        return Optional.empty();
    }

    private static Map<String, Value> values(Path set, String kind, List<ValueInfo> values) throws IOException {
        Map<String, Value> read = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            Path file = set.resolve(kind + "_" + i + ".pb");
            if (!Files.exists(file)) {
                throw new DataException(file + " is missing for " + kind + " '" + values.get(i).name() + "'");
            }
            read.put(values.get(i).name(), OnnxTensors.read(file, values.get(i).type()));
        }
        return read;
    }
}
