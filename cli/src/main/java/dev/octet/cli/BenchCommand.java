package dev.octet.cli;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.cli.bench.BenchInputs;
import dev.octet.cli.bench.InterleavedBench;
import dev.octet.cli.bench.InterleavedBench.Times;
import dev.octet.cli.bench.OctetEngine;
import dev.octet.graph.Graph;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet bench`
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Times models, each on each engine, in interleaved runs: median, minimum, GMAC/s, ratio to the first.")
final class BenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

    @Parameters(paramLabel = "MODEL", arity = "1..*", description = "ONNX files with the same inputs")
    private final List<Path> models = new ArrayList<>();

    @Option(
            names = "--shape",
            paramLabel = "NAME=1x3x224x224",
            description = "extents of an input that the model leaves open")
    private final Map<String, String> shapes = new LinkedHashMap<>();

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "octet",
            description = "engines, of octet and onnxruntime (default: ${DEFAULT-VALUE})")
    private final List<String> engines = new ArrayList<>();

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "15",
            description = "counted runs (default: ${DEFAULT-VALUE})")
    private int runs;

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "uncounted time of each case first (default: ${DEFAULT-VALUE})")
    private double warmupSeconds;

    /// A model on an engine.
    private record Case(Path model, String engine, double macs, BenchEngine.Run run) {}

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        if (runs < 1) {
            throw new UserException("--runs: expected at least 1, found " + runs);
        }
        List<Case> cases = new ArrayList<>();
        try {
            open(cases);
            List<Times> times;
            try (Progress progress = terminal.progress("timing", runs)) {
                times = InterleavedBench.run(tasks(cases), (long) (warmupSeconds * 1e9), runs, progress::done);
            }
            report(terminal, cases, times);
        } finally {
            for (Case one : cases) {
                one.run().close();
            }
        }
        return 0;
    }

    private static List<InterleavedBench.Task> tasks(List<Case> cases) {
        return cases.stream().<InterleavedBench.Task>map(c -> c.run()::run).toList();
    }

    private void open(List<Case> cases) throws Exception {
        Map<String, BenchEngine> available = available();
        Map<String, Shape> extents = new LinkedHashMap<>();
        shapes.forEach((name, text) -> extents.put(name, BenchInputs.parseShape(text)));
        for (Path model : models) {
            Graph graph = Models.read(model);
            Map<String, Tensor> inputs = BenchInputs.random(graph.inputs(), extents);
            double macs = Macs.of(graph, inputs);
            for (String name : engines) {
                BenchEngine engine = available.get(name);
                if (engine == null) {
                    throw new UserException("--engine: unknown engine '" + name + "'; known are " + available.keySet());
                }
                BenchEngine.Run run = engine.open(model, threads.count());
                cases.add(new Case(model, name, macs, run));
                run.bind(inputs);
            }
        }
    }

    private static Map<String, BenchEngine> available() {
        Map<String, BenchEngine> byName = new TreeMap<>();
        byName.put("octet", new OctetEngine());
        ServiceLoader.load(BenchEngine.class).forEach(engine -> byName.put(engine.name(), engine));
        return byName;
    }

    private void report(Terminal terminal, List<Case> cases, List<Times> times) {
        List<Map<String, Object>> records = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("model", "engine", "threads", "median ms", "min ms", "GMAC/s", "time / first"));
        for (int i = 0; i < cases.size(); i++) {
            Case one = cases.get(i);
            double median = times.get(i).medianMillis();
            double minimum = times.get(i).minMillis();
            double gmacs = one.macs() / median / 1e6;
            double ratio = times.get(i).medianRatio(times.get(0));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("model", one.model().toString());
            entry.put("engine", one.engine());
            entry.put("threads", threads.count());
            entry.put("median_ms", median);
            entry.put("min_ms", minimum);
            entry.put("gmacs", gmacs);
            entry.put("ratio", ratio);
            records.add(entry);
            rows.add(
                    List.of(
                            one.model().getFileName().toString(),
                            one.engine(),
                            String.valueOf(threads.count()),
                            Terminal.number("%.2f", median),
                            Terminal.number("%.2f", minimum),
                            Terminal.number("%.1f", gmacs),
                            Terminal.number("%.2f", ratio)));
        }
        if (terminal.isJson()) {
            terminal.json(records);
        } else {
            terminal.table(rows);
        }
    }
}
