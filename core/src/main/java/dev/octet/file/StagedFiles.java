package dev.octet.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/// Files that are written under temporary names beside their places, and take those when all are complete.
///
/// ```java
/// try (StagedFiles files = new StagedFiles()) {
///     files.write(weights, file -> Files.write(file, bytes));
///     files.write(model, file -> Files.write(file, others));
///     files.commit();
/// }
/// ```
///
/// Whoever fails before [#commit] leaves nothing behind, and files that were there before stay as they were. Not
/// thread-safe.
public final class StagedFiles implements AutoCloseable {
    /// Place by temporary file.
    private final Map<Path, Path> places = new LinkedHashMap<>();

    /// What writes a file.
    @FunctionalInterface
    public interface Writer {
        /// @param file does not exist yet
        void write(Path file) throws IOException;
    }

    /// Nothing staged yet.
    public StagedFiles() {}

    /// Writes one file, whole or not at all; see [#write].
    public static void replace(Path place, Writer writer) throws IOException {
        try (StagedFiles files = new StagedFiles()) {
            files.write(place, writer);
            files.commit();
        }
    }

    /// What [#write] checks first: whether a file may be written at this place.
    ///
    /// @throws FileSystemException naming the place if a folder or a device is there, or its folder is missing or takes
    ///   no files
    public static void requireWritable(Path place) throws FileSystemException {
        Path folder = place.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(place)) {
            throw new FileSystemException(place.toString(), null, "a folder, where a file is to be written");
        }
        if (Files.exists(place) && !Files.isRegularFile(place)) {
            // Moving a file to it would take the device away from everyone.
            throw new FileSystemException(place.toString(), null, "a device or pipe, where a file is to be written");
        }
        if (!Files.exists(folder)) {
            throw new NoSuchFileException(place.toString(), null, "its folder does not exist");
        }
        if (!Files.isDirectory(folder)) {
            throw new NotDirectoryException(folder.toString());
        }
        if (Files.exists(place) && !Files.isWritable(place)) {
            throw new AccessDeniedException(place.toString());
        }
        requireTakesFiles(place);
    }

    /// Permissions do not tell all: a system's own folders take no files, whoever asks.
    private static void requireTakesFiles(Path place) throws FileSystemException {
        Path probe = temporaryBeside(place);
        try {
            Files.createFile(probe);
            Files.delete(probe);
        } catch (AccessDeniedException e) {
            throw withCause(new AccessDeniedException(place.toString()), e);
        } catch (IOException e) {
            String reason = e instanceof FileSystemException f && f.getReason() != null ? ": " + f.getReason() : "";
            throw withCause(
                    new FileSystemException(place.toString(), null, "no file can be made in its folder" + reason), e);
        }
    }

    /// Not of the place's name, which may be as long as a name can be.
    private static Path temporaryBeside(Path place) {
        return place.toAbsolutePath().resolveSibling(".octet-" + UUID.randomUUID() + ".tmp");
    }

    private static <E extends Exception> E withCause(E exception, Exception cause) {
        exception.initCause(cause);
        return exception;
    }

    /// Writes a file that takes its place with [#commit].
    ///
    /// @throws FileSystemException as [#requireWritable]
    /// @throws IOException if writing fails, naming the place
    public void write(Path place, Writer writer) throws IOException {
        requireWritable(place);
        Path temporary = temporaryBeside(place);
        places.put(temporary, place);
        try {
            writer.write(temporary);
        } catch (IOException e) {
            String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
            throw new IOException(place + ": cannot be written" + (reason == null ? "" : ": " + reason), e);
        }
    }

    /// Moves the files to their places in the order in which they were written, each in one step where the file system
    /// can.
    public void commit() throws IOException {
        for (Map.Entry<Path, Path> file : places.entrySet()) {
            try {
                Files.move(file.getKey(), file.getValue(), StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(file.getKey(), file.getValue(), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// Removes what has not been moved.
    @Override
    public void close() throws IOException {
        for (Path temporary : places.keySet()) {
            Files.deleteIfExists(temporary);
        }
    }
}
