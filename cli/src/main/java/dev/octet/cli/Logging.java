package dev.octet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.logging.LogManager;

/// Sets what Octet and its libraries log: warnings, a line each, on standard error.
final class Logging {
    private static final String SETTINGS = "logging.properties";

    private Logging() {}

    /// Does nothing where the user has chosen settings with the JVM's own properties.
    static void configure() {
        if (System.getProperty("java.util.logging.config.file") != null
                || System.getProperty("java.util.logging.config.class") != null) {
            return;
        }
        try (InputStream settings = Logging.class.getResourceAsStream(SETTINGS)) {
            if (settings == null) {
                throw new IllegalStateException(SETTINGS + " is missing from the jar");
            }
            LogManager.getLogManager().readConfiguration(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(SETTINGS, e);
        }
    }
}
