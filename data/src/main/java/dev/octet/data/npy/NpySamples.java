package dev.octet.data.npy;

import dev.octet.data.Data;
import dev.octet.data.DataException;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Samples from NumPy arrays.
public final class NpySamples {
    private NpySamples() {}

    /// Arrays named as the inputs; index `i` of the first axis is sample `i`, given to the model as a batch of one.
    ///
    /// @throws DataException if the arrays' first extents differ or names do not fit
    public static SampleSource npz(Path file, InputContract contract) throws IOException {
        return rows(file, Npz.read(file), contract);
    }

    /// One array for a model with one input; the first axis counts samples.
    public static SampleSource npy(Path file, InputContract contract) throws IOException {
        ValueInfo input = contract.single(file + " (one array)");
        return rows(file, Map.of(input.name(), Npy.read(file)), contract);
    }

    private static SampleSource rows(Path file, Map<String, Tensor> arrays, InputContract contract) {
        long count = -1;
        for (Map.Entry<String, Tensor> array : arrays.entrySet()) {
            Tensor tensor = array.getValue();
            if (tensor.shape().rank() == 0) {
                throw new DataException(
                        file + ": array '" + array.getKey() + "' is a scalar; its first axis must count samples");
            }
            if (count >= 0 && tensor.shape().dim(0) != count) {
                throw new DataException(
                        file
                                + ": array '"
                                + array.getKey()
                                + "' has "
                                + tensor.shape().dim(0)
                                + " samples, others have "
                                + count);
            }
            count = tensor.shape().dim(0);
        }
        if (count <= 0) {
            throw new DataException(file + ": no samples");
        }
        List<Integer> indices = IntStream.range(0, Math.toIntExact(count)).boxed().toList();
        return SampleSource.over(
                file.toString(),
                indices,
                i -> {
                    Map<String, Tensor> sample = new LinkedHashMap<>();
                    arrays.forEach((name, tensor) -> sample.put(name, row(tensor, i)));
                    return contract.bind(sample, file + ": sample " + i);
                });
    }

    private static Tensor row(Tensor tensor, int index) {
        long bytes = tensor.byteSize() / tensor.shape().dim(0);
        return Tensor.wrap(tensor.dtype(), tensor.shape().with(0, 1), tensor.data().asSlice(index * bytes, bytes));
    }

    /// A folder of `.npy` files. With one input each file is a sample; with more, `NAME.npy` and `NAME_KEY.npy` are the
    /// input `NAME` of the sample `KEY`.
    public static SampleSource folder(Path folder, InputContract contract) throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(f -> Data.extension(f).equals("npy")).sorted().toList();
        }
        if (contract.inputs().size() == 1) {
            String name = contract.inputs().get(0).name();
            return SampleSource.over(
                    folder.toString(),
                    files,
                    file -> contract.bind(Map.of(name, readUnchecked(file)), file.toString()));
        }
        Map<String, Map<String, Path>> samples = new TreeMap<>();
        for (Path file : files) {
            String stem = file.getFileName().toString().replaceAll("\\.npy$", "");
            String input = longestInput(stem, contract);
            String key = stem.substring(input.length());
            samples.computeIfAbsent(key, _ -> new LinkedHashMap<>()).put(input, file);
        }
        return SampleSource.over(
                folder.toString(),
                new ArrayList<>(samples.values()),
                parts -> {
                    Map<String, Tensor> sample = new LinkedHashMap<>();
                    parts.forEach((name, file) -> sample.put(name, readUnchecked(file)));
                    return contract.bind(sample, parts.values().toString());
                });
    }

    private static String longestInput(String stem, InputContract contract) {
        return contract.inputs().stream()
                .map(ValueInfo::name)
                .filter(name -> stem.equals(name) || stem.startsWith(name + "_"))
                .max(Comparator.comparingInt(String::length))
                .orElseThrow(() ->
                        new DataException(
                                stem
                                        + ".npy: expected a name that is or begins with an input, one of "
                                        + contract.inputs().stream().map(ValueInfo::name).toList()));
    }

    private static Tensor readUnchecked(Path file) {
        try {
            return Npy.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
