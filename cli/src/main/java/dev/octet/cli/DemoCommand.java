package dev.octet.cli;

import dev.octet.cli.demo.MiniLmDemo;
import dev.octet.cli.demo.MiniLmDemo.Hit;
import dev.octet.cli.demo.MiniLmDemo.Outcome;
import dev.octet.cli.demo.MiniLmDemo.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `octet demo`
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Quantizes a sentence embedding network that comes with the build, and compares it with itself in"
                        + " float, in Octet and in ONNX Runtime.")
final class DemoCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "octet-demo",
            description = "folder for the models (default: ${DEFAULT-VALUE})")
    private Path directory = Path.of("octet-demo");

    /// A result below this is no success; 0.98 is usual.
    private static final double MIN_COSINE = 0.98;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new UserException(directory + ": a file, where a folder for the models is expected");
        }
        int threadCount = threads.count();
        Result result =
                MiniLmDemo.run(
                        directory,
                        threadCount,
                        step -> {
                            if (!terminal.isJson()) {
                                terminal.note("%s ...", step);
                            }
                        });
        if (terminal.isJson()) {
            terminal.json(json(result, threadCount));
        } else {
            print(terminal, result, threadCount);
        }
        boolean failed = false;
        for (Outcome outcome : result.outcomes()) {
            if (!(outcome.meanCosine() >= MIN_COSINE)) {
                terminal.note(
                        "octet: the int8 model in %s: mean cosine to float %.4f, less than %s",
                        outcome.engine(), outcome.meanCosine(), MIN_COSINE);
                failed = true;
            }
        }
        return failed ? 1 : 0;
    }

    static void print(Terminal terminal, Result result, int threads) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(row("all-MiniLM-L6-v2", "float32", result, o -> "int8, " + o.engine()));
        String bytes = Terminal.bytes(result.quantizedBytes());
        rows.add(row("file", Terminal.bytes(result.floatBytes()), result, _ -> bytes));
        String time = "time of a sentence, " + threads + (threads == 1 ? " thread" : " threads");
        rows.add(row(time, millis(result.floatMillis()), result, o -> millis(o.millis())));
        rows.add(row("sentence vectors: mean cosine to float", "", result, o -> cosine(o.meanCosine())));
        rows.add(row("sentence vectors: worst cosine to float", "", result, o -> cosine(o.worstCosine())));
        rows.add(row("token vectors: SQNR", "", result, o -> Terminal.number("%.1f dB", o.sqnrDb())));
        rows.add(row("search: finds what float finds", "", result, o -> o.agreeing() + " of " + result.queries()));
        terminal.print("");
        terminal.table(rows);
        terminal.print("");
        for (Hit hit : result.hits()) {
            String expected =
                    hit.expected().equals(hit.document()) ? "" : ", where float finds \"" + hit.expected() + '"';
            terminal.print("\"%s\" finds \"%s\"%s", hit.query(), hit.document(), expected);
        }
        terminal.print("");
        terminal.print("written: %s", result.quantized());
    }

    private static List<String> row(String what, String floating, Result result, Function<Outcome, String> cell) {
        List<String> row = new ArrayList<>(List.of(what, floating));
        result.outcomes().forEach(outcome -> row.add(cell.apply(outcome)));
        return row;
    }

    private static String millis(double millis) {
        return Terminal.number("%.2f ms", millis);
    }

    private static String cosine(double cosine) {
        return Terminal.number("%.4f", cosine);
    }

    private static Map<String, Object> json(Result result, int threads) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("output", result.quantized().toString());
        map.put("float_bytes", result.floatBytes());
        map.put("quantized_bytes", result.quantizedBytes());
        map.put("threads", threads);
        map.put("float_ms", result.floatMillis());
        map.put("queries", result.queries());
        List<Map<String, Object>> outcomes = new ArrayList<>();
        for (Outcome outcome : result.outcomes()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("engine", outcome.engine());
            entry.put("median_ms", outcome.millis());
            entry.put("mean_cosine", outcome.meanCosine());
            entry.put("worst_cosine", outcome.worstCosine());
            entry.put("sqnr_db", outcome.sqnrDb());
            entry.put("agreeing_queries", outcome.agreeing());
            outcomes.add(entry);
        }
        map.put("quantized", outcomes);
        return map;
    }
}
