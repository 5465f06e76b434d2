package dev.octet.data.npy;

import dev.octet.data.Data;
import dev.octet.data.DataException;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Samples from NumPy arrays.
public final class NpySamples {
    private NpySamples() {}

    /// Arrays named as the inputs; index `i` of the first axis is sample `i`, given to the model as a batch of one.
    /// Where an input's first extent is a fixed number `n`, each sample is `n` consecutive ones; an array of one more
    /// axis than the input has counts samples with that.
    ///
    /// @throws DataException if the arrays' first extents differ or names do not fit
    public static SampleSource npz(Path file, InputContract contract) throws IOException {
        return rows(file, Npz.read(file), contract);
    }

    /// One array for a model with one input, cut in the same way.
    public static SampleSource npy(Path file, InputContract contract) throws IOException {
        ValueInfo input = contract.single(file + " (one array)");
        return rows(file, Map.of(input.name(), Npy.read(file)), contract);
    }

    private static SampleSource rows(Path file, Map<String, Tensor> arrays, InputContract contract) {
        Map<String, Rows> rows = new LinkedHashMap<>();
        long count = -1;
        for (Map.Entry<String, Tensor> array : arrays.entrySet()) {
            String where = file + ": array '" + array.getKey() + "'";
            Rows found = Rows.of(array.getValue(), shape(contract, array.getKey()), where);
            if (count >= 0 && found.samples() != count) {
                throw new DataException(where + " has " + found.samples() + " samples, others have " + count);
            }
            count = found.samples();
            rows.put(array.getKey(), found);
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
                    rows.forEach((name, array) -> sample.put(name, array.sample(i)));
                    return contract.bind(sample, file + ": sample " + i);
                });
    }

    private static @Nullable PartialShape shape(InputContract contract, String input) {
        return contract.inputs().stream()
                .filter(i -> i.name().equals(input))
                .findFirst()
                .map(i -> i.type().shape())
                .orElse(null);
    }

    /// An array cut along its first axis.
    ///
    /// @param samples how many there are
    /// @param shape of one
    private record Rows(Tensor array, long samples, Shape shape) {
        /// @param input what the model takes; null if it leaves that open
        static Rows of(Tensor array, @Nullable PartialShape input, String where) {
            Shape shape = array.shape();
            if (shape.rank() == 0) {
                throw new DataException(where + " is a scalar; its first axis must count samples");
            }
            long extent = shape.dim(0);
            if (input != null && shape.rank() == input.rank() + 1) {
                return new Rows(array, extent, Shape.of(Arrays.copyOfRange(shape.dims(), 1, shape.rank())));
            }
            long each =
                    input != null && input.rank() > 0 && input.dim(0) instanceof Dim.Fixed fixed
                            ? Math.max(1, fixed.size())
                            : 1;
            if (extent % each != 0) {
                throw new DataException(
                        where
                                + ": expected a multiple of "
                                + each
                                + " along its first axis, which the model takes at once, found "
                                + extent);
            }
            return new Rows(array, extent / each, shape.with(0, each));
        }

        Tensor sample(int index) {
            long bytes = array.byteSize() / samples;
            return Tensor.wrap(array.dtype(), shape, array.data().asSlice(index * bytes, bytes));
        }
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
