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
///     Files.write(files.stage(result), bytes);
///     files.commit();
/// }
/// ```
///
/// Whoever fails before [#commit] leaves nothing behind, and files that were there before stay as they were. Not
/// thread-safe.
public final class StagedFiles implements AutoCloseable {
    /// Place by temporary file.
    private final Map<Path, Path> places = new LinkedHashMap<>();

    /// Nothing staged yet.
    public StagedFiles() {}

    /// What [#stage] checks: whether a file may be written at this place.
    ///
    /// @throws FileSystemException naming the place if a folder or a device is there, or its folder is missing or
    ///   read-only
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
        if (!Files.isWritable(folder) || Files.exists(place) && !Files.isWritable(place)) {
            throw new AccessDeniedException(place.toString());
        }
    }

    /// A file that does not exist yet, to be written in the stead of `place`.
    ///
    /// @throws FileSystemException as [#requireWritable]
    public Path stage(Path place) throws FileSystemException {
        requireWritable(place);
        // Not of the place's name, which may be as long as a name can be.
        Path temporary = place.toAbsolutePath().resolveSibling(".octet-" + UUID.randomUUID() + ".tmp");
        places.put(temporary, place);
        return temporary;
    }

    /// Moves the files to their places in the order of staging, each in one step where the file system can.
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
