package dev.octet.cli.demo;

import dev.octet.file.StagedFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Files that come with the build: networks, and texts to try them on.
public final class DemoFiles {
    private DemoFiles() {}

    /// Copies a resource of the class path to a file.
    ///
    /// @throws IllegalStateException if the class path has no such resource
    public static Path extract(String resource, Path file) throws IOException {
        try (InputStream in = DemoFiles.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path; ./octet has it there");
            }
            StagedFiles.replace(file, temporary -> Files.copy(in, temporary));
            return file;
        }
    }

    /// Lines of a text of this package.
    public static List<String> lines(String name) throws IOException {
        try (InputStream in = DemoFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the jar");
            }
            return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .filter(l -> !l.isBlank())
                    .toList();
        }
    }
}
