package dev.octet.data.image;

import dev.octet.data.Data;
import dev.octet.data.DataException;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;

/// Pictures from files, in the order of their paths.
public final class ImageFiles {
    private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "gif", "bmp");

    private ImageFiles() {}

    /// @param path a picture, or a folder searched with its subfolders
    /// @throws DataException if there is no picture, or the model has more than one input
    public static SampleSource open(Path path, InputContract contract, ImagePreprocess preprocess) throws IOException {
        ValueInfo input = contract.single(path + " (pictures)");
        List<Path> files;
        try (Stream<Path> entries = Files.walk(path)) {
            files = entries.filter(f -> EXTENSIONS.contains(Data.extension(f))).sorted().toList();
        }
        if (files.isEmpty()) {
            throw new DataException(
                    path
                            + ": no .npy, no test_data_set_*, and no picture ("
                            + String.join(", ", EXTENSIONS.stream().sorted().toList())
                            + ") in this folder");
        }
        return SampleSource.over(
                path.toString(),
                files,
                file -> {
                    Tensor tensor = ImageTensor.of(decode(file), preprocess);
                    return contract.bind(Map.of(input.name(), tensor), file.toString());
                });
    }

    /// Decodes a picture.
    ///
    /// @throws DataException if it is none that Java can decode
    public static BufferedImage decode(Path file) {
        try {
            BufferedImage image = ImageIO.read(file.toFile());
            if (image == null) {
                throw new DataException(file + ": not a picture that can be decoded");
            }
            return image;
        } catch (IIOException e) {
            throw new DataException(file + ": the picture is damaged (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
