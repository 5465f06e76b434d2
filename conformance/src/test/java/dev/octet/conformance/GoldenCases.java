package dev.octet.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Golden files: JSON that a script beside the tests made with the system that is followed.
public final class GoldenCases {
    private GoldenCases() {}

    /// The entries of a file that is an array.
    ///
    /// @param file beside the class
    public static List<JsonNode> read(Class<?> test, String file) {
        try (InputStream in = Objects.requireNonNull(test.getResourceAsStream(file), file)) {
            return JsonMapper.shared().readTree(in).valueStream().toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
