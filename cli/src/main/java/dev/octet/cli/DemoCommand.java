package dev.octet.cli;

import dev.octet.cli.demo.MiniLmDemo;
import dev.octet.cli.demo.MiniLmDemo.Result;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
                        + " float.")
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

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        Result result =
                MiniLmDemo.run(
                        directory,
                        threads.count(),
                        step -> {
                            if (!terminal.isJson()) {
                                terminal.note("%s", step);
                            }
                        });
        if (terminal.isJson()) {
            terminal.json(json(result));
            return 0;
        }
        terminal.print("");
        terminal.table(
                List.of(
                        List.of("all-MiniLM-L6-v2", "float32", "int8", "float32 / int8"),
                        row("file, MB", result.floatBytes() / 1e6, result.quantizedBytes() / 1e6),
                        row(
                                "time per sentence, ms (" + threads.count() + " threads)",
                                result.floatMillis(),
                                result.quantizedMillis())));
        terminal.print("");
        terminal.print("int8 against float32 on sentences not used for calibration:");
        terminal.print(
                "  sentence vectors: cosine %.4f on average, %.4f at worst", result.meanCosine(), result.worstCosine());
        terminal.print("  token vectors:    SQNR %.1f dB", result.sqnrDb());
        terminal.print(
                "  search:           the same best document for %d of %d queries",
                result.agreeing(), result.hits().size());
        terminal.print("");
        result.hits().forEach(hit -> terminal.print("  \"%s\"%n    -> \"%s\"", hit.query(), hit.document()));
        terminal.print("");
        terminal.print("%s runs in Octet and, unchanged, in ONNX Runtime.", result.quantized());
        return 0;
    }

    private static List<String> row(String what, double floating, double quantized) {
        return List.of(
                what,
                Terminal.number("%.2f", floating),
                Terminal.number("%.2f", quantized),
                Terminal.number("%.2f", floating / quantized));
    }

    private static Map<String, Object> json(Result result) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("float_bytes", result.floatBytes());
        map.put("quantized_bytes", result.quantizedBytes());
        map.put("float_ms", result.floatMillis());
        map.put("quantized_ms", result.quantizedMillis());
        map.put("mean_cosine", result.meanCosine());
        map.put("worst_cosine", result.worstCosine());
        map.put("sqnr_db", result.sqnrDb());
        map.put("agreeing_queries", result.agreeing());
        map.put("queries", result.hits().size());
        map.put("output", result.quantized().toString());
        return map;
    }
}
