package dev.octet.data;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/// Files made by `src/test/python/make_data_goldens.py`.
public final class Golden {
    private Golden() {}

    public static Path file(String name) {
        try {
            return Path.of(Objects.requireNonNull(Golden.class.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
