package dev.octet.onnx;

import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tensors whose bytes lie in files beside the model (`external_data`), which are memory-mapped.
///
/// A file names others by a path relative to its own folder. Since the file may be anybody's, a path that leaves that
/// folder is refused, also where a symbolic link would lead out of it.
final class ExternalData {
    private final @Nullable Path folder;
    private final Map<Path, MemorySegment> mapped = new HashMap<>();

    /// @param folder the model's; null for a model that is no file, which can have no such data
    ExternalData(@Nullable Path folder) {
        this.folder = folder;
    }

    /// The bytes of a tensor, which must be as many as its type and shape say.
    MemorySegment find(TensorProto tensor, long expectedBytes) {
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        String location = entries.getOrDefault("location", "");
        MemorySegment file = open(location);
        long offset = number(entries, "offset", 0);
        long length = number(entries, "length", expectedBytes);
        if (length != expectedBytes) {
            throw new OnnxFormatException(
                    "external data '"
                            + location
                            + "': expected "
                            + expectedBytes
                            + " bytes for this type and shape, found length "
                            + length);
        }
        if (offset > file.byteSize() - length) {
            throw new OnnxFormatException(
                    "external data '"
                            + location
                            + "': expected "
                            + length
                            + " bytes at offset "
                            + offset
                            + ", but the file has "
                            + file.byteSize());
        }
        return file.asSlice(offset, length);
    }

    private static long number(Map<String, String> entries, String key, long absent) {
        String text = entries.get(key);
        if (text == null) {
            return absent;
        }
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new OnnxFormatException("external data: expected a number as " + key + ", found '" + text + "'", e);
        }
        throw new OnnxFormatException("external data: negative " + key + " " + text);
    }

    private MemorySegment open(String location) {
        try {
            Path path = resolve(location);
            MemorySegment known = mapped.get(path);
            if (known == null) {
                known = MappedFile.map(path);
                mapped.put(path, known);
            }
            return known;
        } catch (NoSuchFileException e) {
            throw new OnnxFormatException("external data '" + location + "': no such file in " + folder, e);
        } catch (IOException | InvalidPathException e) {
            throw new OnnxFormatException("external data '" + location + "' cannot be read: " + e.getMessage(), e);
        }
    }

    private Path resolve(String location) throws IOException {
        if (folder == null) {
            throw new OnnxFormatException("external data '" + location + "': this model was not read from a file");
        }
        if (location.isEmpty()) {
            throw new OnnxFormatException("external data: no location");
        }
        Path relative = Path.of(location);
        boolean climbs = location.replace('\\', '/').matches("(.*/)?\\.\\.(/.*)?");
        if (relative.getRoot() != null || relative.isAbsolute() || climbs) {
            throw new OnnxFormatException(
                    "external data '" + location + "': expected a path inside the model's folder " + folder);
        }
        Path real = folder.resolve(relative).toRealPath();
        if (!real.startsWith(folder.toRealPath())) {
            throw new OnnxFormatException(
                    "external data '"
                            + location
                            + "' is a link that leaves the model's folder "
                            + folder
                            + ": it leads to "
                            + real);
        }
        if (!Files.isRegularFile(real)) {
            throw new OnnxFormatException("external data '" + location + "' is not a file");
        }
        return real;
    }
}
