package dev.octet.cli;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Names of files for a model's outputs, whose own names may hold characters that a file's may not.
final class OutputFiles {
    /// Short enough for every file system, with a number and an extension after it.
    private static final int MAX_LENGTH = 200;

    private OutputFiles() {}

    /// A file name for each output, without extension.
    ///
    /// Letters, digits, `.`, `_` and `-` stay, any other character becomes `_`. Outputs that this leaves as they are
    /// keep their names; among the others, one whose name is taken gets `-2`, `-3` … in the order of the model. Names
    /// that differ in case alone count as the same, as they are on some file systems.
    static Map<String, String> names(List<String> outputs) {
        Map<String, String> names = new LinkedHashMap<>();
        outputs.forEach(output -> names.put(output, plain(output)));
        Set<String> taken = new HashSet<>();
        names.forEach((output, name) -> {
            if (name.equals(output)) {
                names.put(output, free(name, taken));
            }
        });
        names.forEach((output, name) -> {
            if (!plain(output).equals(output)) {
                names.put(output, free(name, taken));
            }
        });
        return names;
    }

    private static String plain(String output) {
        String plain = output.replaceAll("[^A-Za-z0-9._-]", "_");
        return plain.isEmpty() ? "_" : plain.substring(0, Math.min(plain.length(), MAX_LENGTH));
    }

    private static String free(String name, Set<String> taken) {
        String candidate = name;
        for (int i = 2; !taken.add(candidate.toLowerCase(Locale.ROOT)); i++) {
            candidate = name + "-" + i;
        }
        return candidate;
    }
}
