package dev.octet.benchmarks.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;

/// Results as JSON and as a table in Markdown, each with the machine that they are of.
public final class BenchReport {
    private BenchReport() {}

    /// Writes `models.json` and `models.md`.
    public static void write(Path folder, List<BenchResult> results) throws IOException {
        Files.createDirectories(folder);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("machine", BenchMachine.describe());
        document.put("results", results);
        byte[] json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
        Files.write(folder.resolve("models.json"), json);
        Files.writeString(folder.resolve("models.md"), markdown(results));
    }

    /// The table, after one line for each fact of the machine.
    public static String markdown(List<BenchResult> results) throws IOException {
        StringBuilder text = new StringBuilder();
        BenchMachine.describe()
                .forEach((key, value) -> text.append("- ").append(key).append(": ").append(value).append('\n'));
        text.append("\n| network | threads | engine | form | median ms | min ms | GMAC/s | × best of ONNX Runtime |\n");
        text.append("|---|---|---|---|---|---|---|---|\n");
        for (BenchResult r : results) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %d | %s | %s | %.2f | %.2f | %.1f | %.2f |%n",
                            r.network(),
                            r.threads(),
                            r.engine(),
                            r.form(),
                            r.medianMillis(),
                            r.minMillis(),
                            r.gmacs(),
                            r.peer()));
        }
        return text.toString();
    }
}
