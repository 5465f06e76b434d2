package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the documents name exists.
class DocsTest {
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`\\s]+)`");
    private static final Pattern SOURCE_FILE = Pattern.compile("[\\w./-]+\\.(java|md|py|proto|sh)(:\\d+)?");

    @Test
    void linksLeadSomewhere() {
        List<String> broken = new ArrayList<>();
        forEachMatch(
                LINK,
                (document, target) -> {
                    if (!target.matches("[a-z]+:.*") && !leadsSomewhere(document, target)) {
                        broken.add(document + ": " + target);
                    }
                });
        assertThat(broken).as("broken links").isEmpty();
    }

    private static boolean leadsSomewhere(Path document, String target) {
        int hash = target.indexOf('#');
        String path = hash < 0 ? target : target.substring(0, hash);
        Path file = path.isEmpty() ? Repository.root().resolve(document) : beside(document, path);
        if (!Files.exists(file)) {
            return false;
        }
        return hash < 0
                || !path.endsWith(".md") && !path.isEmpty()
                || anchors(file).contains(target.substring(hash + 1));
    }

    /// The names that GitHub gives to the headings of a document.
    private static Set<String> anchors(Path file) {
        return Repository.read(file)
                .lines()
                .filter(l -> l.startsWith("#"))
                .map(l -> l.replaceFirst("^#+\\s*", "").toLowerCase(Locale.ROOT))
                .map(l -> l.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static Path beside(Path document, String path) {
        return Repository.root().resolve(document).resolveSibling(path).normalize();
    }

    @Test
    void filesNamedInTextExist() {
        Set<String> modules =
                Stream.of(Repository.root().toFile().listFiles())
                        .filter(f -> f.toPath().resolve("pom.xml").toFile().exists())
                        .map(f -> f.getName() + "/")
                        .collect(Collectors.toSet());
        Set<String> names =
                Repository.files().stream().map(p -> p.getFileName().toString()).collect(Collectors.toSet());
        List<String> missing = new ArrayList<>();
        forEachMatch(
                CODE,
                (document, text) -> {
                    String path = text.replaceFirst(":\\d+$", "");
                    boolean source = SOURCE_FILE.matcher(text).matches();
                    boolean inModule = modules.stream().anyMatch(path::startsWith) && path.matches("[\\w./-]+");
                    boolean exists =
                            path.contains("/")
                                    ? Files.exists(Repository.root().resolve(path))
                                            || Files.exists(beside(document, path))
                                    : names.contains(path);
                    if ((source || inModule) && !exists && !path.contains("/target/")) {
                        missing.add(document + ": " + text);
                    }
                });
        assertThat(missing).as("files that documents name and that do not exist").isEmpty();
    }

    /// A document called `operators.md`, where there is one, lists every operator of the table.
    @Test
    void operatorsAreListed() {
        Set<String> types = OperatorTypes.all();
        assertThat(types).contains("Conv", "Relu", "ReduceMean", "QLinearAdd");
        for (Path document : Repository.documents()) {
            if (document.getFileName().toString().equalsIgnoreCase("operators.md")) {
                Set<String> words = Set.copyOf(List.of(Repository.read(document).split("\\W+")));
                assertThat(types).as(document + " lists").allMatch(words::contains);
            }
        }
    }

    private static void forEachMatch(Pattern pattern, BiConsumer<Path, String> action) {
        for (Path document : Repository.documents()) {
            Matcher matcher = pattern.matcher(withoutCodeBlocks(Repository.read(document)));
            while (matcher.find()) {
                action.accept(document, matcher.group(1));
            }
        }
    }

    private static String withoutCodeBlocks(String text) {
        return text.replaceAll("(?sm)^```.*?^```", "");
    }
}
