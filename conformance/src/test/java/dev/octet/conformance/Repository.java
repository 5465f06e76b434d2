package dev.octet.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// The files of this repository, for tests that read sources and documents.
public final class Repository {
    private static final Set<String> SKIPPED = Set.of("target", ".git", ".idea", ".vscode");

    private Repository() {}

    /// The folder of the parent POM, found upwards from where the tests run.
    public static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve("core")) && Files.isDirectory(folder.resolve("conformance"))) {
                return folder;
            }
        }
        throw new IllegalStateException("the tests do not run inside the repository");
    }

    /// Java files as paths relative to [#root], main and test sources of all modules.
    static List<Path> javaSources() {
        return filesEndingWith(".java");
    }

    /// Java files that are shipped, as paths relative to [#root].
    static List<Path> mainSources() {
        return javaSources().stream().filter(p -> p.toString().replace('\\', '/').contains("src/main/java/")).toList();
    }

    static List<Path> documents() {
        return filesEndingWith(".md");
    }

    /// Every file but those that the build makes, relative to [#root].
    static List<Path> files() {
        return filesEndingWith("");
    }

    private static List<Path> filesEndingWith(String suffix) {
        Path root = root();
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(
                    root,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                            return SKIPPED.contains(String.valueOf(folder.getFileName()))
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            if (file.getFileName().toString().endsWith(suffix)) {
                                found.add(root.relativize(file));
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found.stream().sorted().toList();
    }

    /// Compiled classes of each module: `target/classes`, or `target/test-classes`.
    public static List<Path> classFolders(String kind) {
        try (Stream<Path> modules = Files.list(root())) {
            return modules.map(m -> m.resolve("target").resolve(kind)).filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path relative) {
        try {
            return Files.readString(root().resolve(relative));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
