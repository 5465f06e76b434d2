package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Rules for source files that no compiler checks.
class SourceBudgetTest {
    private static final int MAX_LINES = 500;

    /// Longer files, each with the lines that it may have; say why beside it.
    private static final Map<String, Integer> EXCEPTIONS =
            Map.of(
                    // A sealed family of small records, one for each thing that a kernel computes: read as one table.
                    "kernels/src/main/java/dev/octet/kernels/KernelSpec.java", 680,
                    // A method for each instruction or form of one: read as one table.
                    "kernels/src/main/java/dev/octet/kernels/x64/Assembler.java", 520);

    private static final Pattern PUBLIC_TYPE =
            Pattern.compile("^public .*?\\b(class|interface|record|enum|@interface) (\\w+)");

    @Test
    void filesAreShort() {
        List<String> tooLong = new ArrayList<>();
        for (Path source : Repository.javaSources()) {
            long lines = Repository.read(source).lines().count();
            int limit = EXCEPTIONS.getOrDefault(unixPath(source), MAX_LINES);
            if (lines > limit) {
                tooLong.add(unixPath(source) + " has " + lines + " lines, but may have " + limit);
            }
        }
        assertThat(tooLong).as("files that do more than one thing").isEmpty();
    }

    @Test
    void exceptionsAreNeeded() {
        assertThat(EXCEPTIONS.keySet())
                .allSatisfy(file ->
                        assertThat(Repository.read(Path.of(file)).lines()).as(file).hasSizeGreaterThan(MAX_LINES));
    }

    @Test
    void publicTypesAreDescribed() {
        List<String> bare = new ArrayList<>();
        for (Path source : Repository.mainSources()) {
            List<String> lines = Repository.read(source).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (PUBLIC_TYPE.matcher(lines.get(i)).find() && !isDescribed(lines, i)) {
                    bare.add(unixPath(source) + ":" + (i + 1));
                }
            }
        }
        assertThat(bare).as("public types without a /// description").isEmpty();
    }

    /// Whether a `///` line stands above the declaration and its annotations, which may span lines.
    private static boolean isDescribed(List<String> lines, int declaration) {
        for (int i = declaration - 1; i >= 0; i--) {
            String line = lines.get(i);
            if (line.startsWith("///")) {
                return true;
            }
            if (line.isBlank() || line.startsWith("import ") || line.startsWith("package ")) {
                return false;
            }
        }
        return false;
    }

    @Test
    void packagesAreDescribedAndNullMarked() {
        List<Path> folders =
                Repository.mainSources().stream()
                        .map(Path::getParent)
                        .filter(p -> !p.endsWith(Path.of("src", "main", "java")))
                        .distinct()
                        .toList();
        assertThat(folders)
                .allSatisfy(folder -> {
                    Path info = folder.resolve("package-info.java");
                    assertThat(Repository.root().resolve(info)).exists();
                    assertThat(Repository.read(info)).as(unixPath(info)).contains("/// ");
                });
        assertThat(folders)
                .allSatisfy(folder ->
                        assertThat(nullMarked(folder))
                                .as(unixPath(folder) + " is @NullMarked, or its module is")
                                .isTrue());
    }

    private static boolean nullMarked(Path folder) {
        Path java = folder;
        while (!java.endsWith(Path.of("src", "main", "java"))) {
            java = java.getParent();
        }
        return List.of(folder.resolve("package-info.java"), java.resolve("module-info.java")).stream()
                .filter(f -> Repository.root().resolve(f).toFile().exists())
                .anyMatch(f -> Repository.read(f).contains("@NullMarked"));
    }

    @Test
    void descriptionsAreMarkdown() {
        assertThat(Repository.javaSources())
                .filteredOn(p -> Repository.read(p).lines().anyMatch(l -> l.strip().startsWith("/**")))
                .as("files with Javadoc in HTML")
                .isEmpty();
    }

    @Test
    void testsDoNotSkip() {
        Pattern skip =
                Pattern.compile(
                        "@Disabled|\\bassum(e|ing)(That|True|False)?\\(|@EnabledIf|@DisabledIf|Thread\\.sleep\\(");
        assertThat(Repository.javaSources())
                .filteredOn(p -> unixPath(p).contains("src/test/java") && !p.endsWith("SourceBudgetTest.java"))
                // No machine runs instructions it lacks; X64KernelsTest sees to it that those it has are tested.
                .filteredOn(p -> !p.endsWith("TierKernels.java"))
                .filteredOn(p -> skip.matcher(Repository.read(p)).find())
                .as("tests that may not run, or that wait")
                .isEmpty();
    }

    private static String unixPath(Path path) {
        return path.toString().replace('\\', '/');
    }
}
