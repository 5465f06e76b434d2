package dev.octet.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/// What commands read.
final class InputFiles {
    private InputFiles() {}

    /// Checks that a file is there: reading a folder fails with a message that names nothing.
    ///
    /// @param expected what it should be, with its article
    static void require(Path file, String expected) {
        if (Files.isDirectory(file)) {
            throw new UserException(file + ": a folder, not " + expected);
        }
        if (!Files.exists(file)) {
            throw new UserException(file + ": no such file");
        }
    }
}
