package dev.octet.data;

import dev.octet.onnx.OnnxTensors;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The ONNX standard's test sets: folders `test_data_set_N` with `input_K.pb`, the tensors of the model's inputs in
/// order.
final class TestSets {
    private TestSets() {}

    static boolean isTestSet(Path path) {
        return Files.isDirectory(path) && path.getFileName().toString().startsWith("test_data_set_");
    }

    static SampleSource open(Path folder, InputContract contract) throws IOException {
        return SampleSource.over(folder.toString(), list(folder), set -> read(set, contract));
    }

    /// The test sets in a folder, by number.
    static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(TestSets::isTestSet).sorted(Comparator.comparingInt(TestSets::number)).toList();
        }
    }

    private static int number(Path set) {
        String name = set.getFileName().toString();
        try {
            return Integer.parseInt(name.substring(name.lastIndexOf('_') + 1));
        } catch (NumberFormatException e) {
            throw new DataException(set + ": expected test_data_set_ and a number", e);
        }
    }

    private static Map<String, Tensor> read(Path set, InputContract contract) {
        Map<String, Tensor> sample = new LinkedHashMap<>();
        for (int i = 0; i < contract.inputs().size(); i++) {
            Path file = set.resolve("input_" + i + ".pb");
            if (!Files.exists(file)) {
                throw new DataException(
                        set + ": input_" + i + ".pb is missing for input '" + contract.inputs().get(i).name() + "'");
            }
            try {
                sample.put(contract.inputs().get(i).name(), OnnxTensors.read(file));
            } catch (IOException e) {
                throw new UncheckedIOException(file.toString(), e);
            }
        }
        return contract.bind(sample, set.toString());
    }
}
