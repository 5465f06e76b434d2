package dev.octet.data;

import dev.octet.data.image.ImageFiles;
import dev.octet.data.npy.NpySamples;
import dev.octet.data.text.TextLines;
import dev.octet.graph.ValueInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Opens the data that a path names, by what lies there:
///
/// | Path | Samples |
/// |---|---|
/// | `x.npz` | arrays named as the inputs; the first axis counts samples |
/// | `x.npy` | one array for a model with one input; the first axis counts samples |
/// | folder of `.npy` | one file a sample for a model with one input; else `NAME.npy` or `NAME_….npy` per input |
/// | folder with `test_data_set_*` | the standard's test sets: `input_*.pb` |
/// | folder of pictures (png, jpg, gif, bmp, also in subfolders) | one a sample, preprocessed |
/// | text file | one line a sample, tokenized |
public final class Data {
    private Data() {}

    /// @param inputs what the model takes
    /// @throws DataException if the path names nothing that can be read, or does not fit the model
    public static SampleSource open(Path path, List<ValueInfo> inputs, DataOptions options) throws IOException {
        InputContract contract = new InputContract(inputs);
        if (!Files.exists(path)) {
            throw new DataException(path + ": no such file or folder");
        }
        if (!Files.isDirectory(path)) {
            return openFile(path, contract, options);
        }
        if (hasEntry(path, TestSets::isTestSet)) {
            return TestSets.open(path, contract);
        }
        if (hasEntry(path, p -> extension(p).equals("npy"))) {
            return NpySamples.folder(path, contract);
        }
        return ImageFiles.open(path, contract, options.preprocess());
    }

    private static SampleSource openFile(Path file, InputContract contract, DataOptions options) throws IOException {
        return switch (extension(file)) {
            case "npz" -> NpySamples.npz(file, contract);
            case "npy" -> NpySamples.npy(file, contract);
            case "png", "jpg", "jpeg", "gif", "bmp" -> ImageFiles.open(file, contract, options.preprocess());
            default -> {
                Path tokenizer = options.tokenizer();
                if (tokenizer == null) {
                    throw new DataException(file + ": expected .npz, .npy, a picture, or a text with --tokenizer");
                }
                yield TextLines.open(file, tokenizer, options.maxTokens(), contract);
            }
        };
    }

    private static boolean hasEntry(Path folder, Predicate<Path> test) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.anyMatch(test);
        }
    }

    /// The file name's extension in lower case, or the empty string.
    public static String extension(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1);
    }
}
