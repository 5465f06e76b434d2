package dev.octet.cli;

import dev.octet.engine.SessionOptions;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How the models of a command are run: with how many threads, for how long, and in how much memory.
///
/// Unlike a program's own session a command has limits by default, since models come from anywhere: a file of a few
/// bytes can hold a loop without end.
final class SessionMixin {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmgt]?)");
    private static final String UNITS = "kmgt";
    private static final double MOST_SECONDS = SessionOptions.NO_TIME_LIMIT.toSeconds();

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

    @Option(
            names = "--time-limit",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description =
                    "end a run of a model that takes longer, as one does that never ends"
                            + " (default: ${DEFAULT-VALUE})")
    private double timeLimit;

    @Option(
            names = "--memory-limit",
            paramLabel = "SIZE",
            description = {
                "refuse a run whose values need more memory, such as 512m or 4g (default: as much as the Java virtual",
                "machine has outside of its heap, usually a quarter of the machine's)"
            })
    private @Nullable String memoryLimit;

    int threads() {
        return threads.count();
    }

    SessionOptions options() {
        return SessionOptions.defaults()
                .withThreads(threads())
                .withTimeLimit(time())
                .withMemoryLimit(memoryLimit == null ? availableMemory() : bytes(memoryLimit));
    }

    private Duration time() {
        if (!(timeLimit >= 0.001 && timeLimit <= MOST_SECONDS)) {
            throw new UserException(
                    "--time-limit: expected seconds from 0.001 to %.0f, found %s".formatted(MOST_SECONDS, timeLimit));
        }
        return Duration.ofMillis((long) (timeLimit * 1000));
    }

    /// Tensors lie outside of the heap, where the virtual machine allows as much again as inside.
    private static long availableMemory() {
        return Math.min(Runtime.getRuntime().maxMemory(), SessionOptions.NO_MEMORY_LIMIT);
    }

    private static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            int power = UNITS.indexOf(matcher.group(2)) + (matcher.group(2).isEmpty() ? 0 : 1);
            double bytes = Long.parseLong(matcher.group(1)) * Math.pow(1024, power);
            if (bytes >= 1 && bytes <= SessionOptions.NO_MEMORY_LIMIT) {
                return (long) bytes;
            }
        }
        throw new UserException(
                "--memory-limit: expected bytes, or a number with k, m, g or t, from 1 to 128t, found " + size);
    }
}
