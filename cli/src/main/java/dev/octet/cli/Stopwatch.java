package dev.octet.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/// Seconds per stage.
final class Stopwatch {
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private long last = System.nanoTime();

    /// Ends a stage.
    void lap(String stage) {
        long now = System.nanoTime();
        seconds.put(stage, (now - last) / 1e9);
        last = now;
    }

    /// Seconds by stage, in the order of the laps.
    Map<String, Double> seconds() {
        return seconds;
    }
}
