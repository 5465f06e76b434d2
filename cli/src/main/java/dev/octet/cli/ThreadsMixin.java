package dev.octet.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Number of threads.
final class ThreadsMixin {
    @Option(names = "--threads", paramLabel = "N", description = "threads to compute with (default: one per processor)")
    private @Nullable Integer threads;

    int count() {
        if (threads == null) {
            return Runtime.getRuntime().availableProcessors();
        }
        if (threads < 1) {
            throw new UserException("--threads: expected at least 1, found " + threads);
        }
        return threads;
    }
}
