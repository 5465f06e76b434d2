package dev.octet.benchmarks.model;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What results depend on beside the code: the machine, and versions.
final class BenchMachine {
    private static final Path CPU = Path.of("/proc/cpuinfo");

    private BenchMachine() {}

    /// In the order to show them.
    static Map<String, String> describe() throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cpu", cpu("model name"));
        String flags = " " + cpu("flags") + " ";
        List<String> known = List.of("avx2", "avx_vnni", "avx512bw", "avx512_vnni", "amx_int8");
        facts.put(
                "instructions", String.join(", ", known.stream().filter(f -> flags.contains(" " + f + " ")).toList()));
        facts.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
        facts.put("onnxruntime", OrtEnvironment.getEnvironment().getVersion());
        facts.put("djl", Engine.getDjlVersion());
        facts.put("commit", commit());
        facts.put("kernels", System.getProperty("octet.kernels", "default"));
        return facts;
    }

    private static String cpu(String key) throws IOException {
        if (!Files.isReadable(CPU)) {
            return System.getProperty("os.arch", "unknown");
        }
        try (Stream<String> lines = Files.lines(CPU)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        }
    }

    /// Of the sources in the working folder, marked if they have changed since.
    private static String commit() throws IOException {
        try {
            Process git =
                    new ProcessBuilder("git", "describe", "--always", "--dirty").redirectErrorStream(true).start();
            String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor() == 0 ? answer : "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
