package dev.octet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Where commands write.
final class OutputFiles {
    /// Short enough for every file system, with a number and an extension after it.
    private static final int MAX_LENGTH = 200;

    private OutputFiles() {}

    /// Checks that a file which is to be written is none that the command reads.
    ///
    /// @param written what messages call it
    static void requireOther(Path place, String written, Path read) throws IOException {
        boolean same =
                Files.exists(place) && Files.exists(read)
                        ? Files.isSameFile(place, read)
                        : place.toAbsolutePath().normalize().equals(read.toAbsolutePath().normalize());
        if (same) {
            throw new UserException(read + ": " + written + " would replace this input");
        }
    }

    /// A file name for each of a model's outputs, without extension; their own names may hold characters that a file's
    /// may not.
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
