package dev.octet.conformance.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.hostile.Trial.Ending;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/// Tries hostile files in processes of their own, with bounds on memory and time.
///
/// System properties:
///
/// - `octet.hostile.files`: how many, 400 unless told
/// - `octet.hostile.first`: number of the first one, as a failure names it
/// - `octet.hostile.seed`: another series
class HostileFilesTest {
    private static final int FILES = Integer.getInteger("octet.hostile.files", 400);
    private static final int FIRST = Integer.getInteger("octet.hostile.first", 0);
    private static final long SEED = Long.getLong("octet.hostile.seed", 6);

    /// Without a word of the process for so long, it waits for something that never comes. What only takes long the
    /// process says itself.
    private static final long SILENCE_SECONDS = 120;

    /// Heap and memory outside of it together; what else the process takes makes up for the rest of 1 GiB.
    private static final List<String> MEMORY = List.of("-Xmx320m", "-XX:MaxDirectMemorySize=320m");

    private static final long LIMIT_BYTES = 1L << 30;
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

    private static final Pattern PLACE = Pattern.compile("\\\\n\\s*at (dev\\.octet\\.[^\\\\]*)");
    private static final int SHOWN = 2;
    private static final int SHOWN_LINES = 30;
    private static final String END_OF_OUTPUT = "";

    @TempDir private Path folder;

    private final Map<Ending, Integer> endings = new EnumMap<>(Ending.class);
    private final Map<String, List<String>> failures = new TreeMap<>();
    private long peakBytes;

    @Test
    void everyFileRunsOrIsRefused(TestReporter reporter) throws Exception {
        int next = FIRST;
        while (next < FIRST + FILES) {
            next = child(next, FIRST + FILES - next);
        }
        reporter.publishEntry(
                Map.of(
                        "files", endings.toString(),
                        "peak memory of a process", (peakBytes >> 20) + " MiB",
                        "seed", Long.toString(SEED)));
        assertThat(failures)
                .as(
                        "files that neither ran nor were refused clearly; repeat with -Doctet.hostile.first=NUMBER"
                                + " -Doctet.hostile.files=1 -Doctet.hostile.seed="
                                + SEED)
                .isEmpty();
        assertThat(peakBytes).as("peak memory of a process").isLessThan(LIMIT_BYTES);
        assertThat(endings.getOrDefault(Ending.RAN, 0)).as("files that still run").isGreaterThan(FILES / 20);
        assertThat(endings.getOrDefault(Ending.REFUSED, 0)).as("files that are refused").isGreaterThan(FILES / 5);
    }

    /// Tries files until all are done or the process ends; returns the next one to try.
    private int child(int first, int count) throws Exception {
        Process process = start(first, count);
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread reader = Thread.ofPlatform().daemon().start(() -> read(process, lines));
        try {
            int next = first;
            String current = "the start";
            while (next < first + count) {
                String line = lines.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
                if (line == null) {
                    fail("hangs", next, current);
                    return next + 1;
                }
                if (line.equals(END_OF_OUTPUT)) {
                    fail("ends the process", next, current);
                    return next + 1;
                }
                String[] words = line.split(" ", 4);
                if (words[0].equals("begin")) {
                    current = line;
                } else if (words[0].equals("slow")) {
                    fail("takes more than 5 s", next, current + "\n" + line);
                    return next + 1;
                } else if (words[0].equals("end")) {
                    end(Ending.valueOf(words[2]), next, current, words[3]);
                    next++;
                }
                notePeak(process);
            }
            return next;
        } finally {
            process.destroyForcibly().waitFor();
            reader.join();
        }
    }

    private void end(Ending ending, int index, String current, String message) {
        endings.merge(ending, 1, Integer::sum);
        if (ending == Ending.BROKEN) {
            fail(kind(message), index, current + "\n" + message);
        }
    }

    /// The error and where it was thrown.
    private static String kind(String trace) {
        Matcher place = PLACE.matcher(trace);
        int end = trace.indexOf("\\n");
        String error = trace.substring(0, Math.min(end < 0 ? trace.length() : end, 120));
        return error.replaceAll("\\d+|'[^']*'", "#") + (place.find() ? " at " + place.group(1) : "");
    }

    /// Failures of one kind are told together, the first few with all details.
    private void fail(String kind, int index, String details) {
        List<String> ofKind = failures.computeIfAbsent(kind, _ -> new ArrayList<>());
        String lines = details.replace("\\n", "\n").lines().limit(SHOWN_LINES).collect(Collectors.joining("\n"));
        ofKind.add("\n" + index + (ofKind.size() < SHOWN ? ": " + lines : ""));
    }

    private Process start(int first, int count) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(MEMORY);
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:ErrorFile=" + folder.resolve("crash.log"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        HostileChild.class.getName(),
                        Long.toString(SEED),
                        Integer.toString(first),
                        Integer.toString(count),
                        Files.createDirectories(folder.resolve("files")).toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void read(Process process, BlockingQueue<String> lines) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(HostileChild.MARK)) {
                    lines.add(line.substring(HostileChild.MARK.length()));
                }
            }
        } catch (IOException _) {
            // The process was ended.
        }
        lines.add(END_OF_OUTPUT);
    }

    private void notePeak(Process process) throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (Files.exists(status)) {
            Matcher peak = PEAK.matcher(Files.readString(status));
            if (peak.find()) {
                peakBytes = Math.max(peakBytes, Long.parseLong(peak.group(1)) * 1024);
            }
        }
    }
}
