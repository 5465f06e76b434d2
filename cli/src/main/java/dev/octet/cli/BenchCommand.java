package dev.octet.cli;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.cli.bench.BenchInputs;
import dev.octet.cli.bench.InterleavedBench;
import dev.octet.cli.bench.InterleavedBench.Times;
import dev.octet.cli.bench.StepProfile;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.Graph;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
                "Times models, each on each engine, in interleaved runs: median, minimum, GMAC/s, and the ratio of"
                        + " its time to that of the first row.")
final class BenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Parameters(paramLabel = "MODEL", arity = "1..*", description = "ONNX files")
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

    @Option(names = "--profile", description = "say where the time goes, by kind of step, for engines that tell: octet")
    private boolean profile;

    /// A model on an engine.
    ///
    /// @param macs multiply-accumulate operations of one run; NaN if Octet cannot tell
    private record Case(Path model, String engine, double macs, BenchEngine.Run run) {
        void time() throws Exception {
            about(
                    model,
                    engine,
                    () -> {
                        run.run();
                        return run;
                    });
        }
    }

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        if (runs < 1) {
            throw new UserException("--runs: expected at least 1, found " + runs);
        }
        if (!(warmupSeconds >= 0 && warmupSeconds <= 3600)) {
            throw new UserException("--warmup: expected seconds from 0 to 3600, found " + warmupSeconds);
        }
        List<Case> cases = new ArrayList<>();
        try {
            open(cases);
            List<Times> times;
            try (Progress progress = terminal.progress("timing", runs)) {
                List<InterleavedBench.Task> tasks = cases.stream().<InterleavedBench.Task>map(c -> c::time).toList();
                times = InterleavedBench.run(tasks, (long) (warmupSeconds * 1e9), runs, progress::done);
            }
            List<Optional<StepProfile>> profiles =
                    cases.stream().map(c -> profile ? c.run().profile(runs) : Optional.<StepProfile>empty()).toList();
            report(terminal, cases, times, profiles);
            printProfiles(terminal, cases, profiles);
        } finally {
            for (Case one : cases) {
                one.run().close();
            }
        }
        return 0;
    }

    private void open(List<Case> cases) throws Exception {
        List<BenchEngine> chosen = engines();
        Map<String, Shape> extents = new LinkedHashMap<>();
        shapes.forEach((name, text) -> extents.put(name, BenchInputs.parseShape(text)));
        Map<Path, Graph> graphs = new LinkedHashMap<>();
        for (Path model : models) {
            graphs.put(model, Models.read(model));
        }
        requireKnown(extents.keySet(), graphs.values());
        for (Map.Entry<Path, Graph> entry : graphs.entrySet()) {
            Path model = entry.getKey();
            Map<String, Tensor> inputs =
                    Models.about(model, () -> BenchInputs.random(entry.getValue().inputs(), extents));
            double macs = macs(entry.getValue(), inputs);
            for (BenchEngine engine : chosen) {
                BenchEngine.Run run = about(model, engine.name(), () -> engine.open(model, sessions.threads()));
                Case opened = new Case(model, engine.name(), macs, run);
                cases.add(opened);
                about(
                        model,
                        engine.name(),
                        () -> {
                            run.bind(inputs);
                            return run;
                        });
            }
        }
    }

    private static void requireKnown(Set<String> names, Collection<Graph> graphs) {
        Set<String> known = new LinkedHashSet<>();
        graphs.forEach(graph -> graph.inputs().forEach(input -> known.add(input.name())));
        for (String name : names) {
            if (!known.contains(name)) {
                throw new UserException("--shape: no model has an input '" + name + "'; the inputs are " + known);
            }
        }
    }

    /// Of one run, as Octet would do it.
    private static double macs(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Shape> inputShapes = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> inputShapes.put(name, tensor.shape()));
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(1))) {
            return session.describe(inputShapes).macs();
        } catch (UnsupportedOperatorException e) {
            return Double.NaN;
        }
    }

    /// Other runtimes throw exceptions of their own for a model that they cannot run.
    private static <T> T about(Path model, String engine, Callable<T> action) throws Exception {
        try {
            return Models.about(
                    model,
                    () -> {
                        try {
                            return action.call();
                        } catch (RuntimeException | IOException e) {
                            throw e;
                        } catch (Exception e) {
                            throw new UserException(model + ": " + engine + ": " + e.getMessage(), e);
                        }
                    });
        } catch (IOException e) {
            throw new UserException(model + ": " + engine + ": " + e.getMessage(), e);
        }
    }

    private List<BenchEngine> engines() {
        Map<String, BenchEngine> available = BenchEngine.available(sessions.options());
        List<BenchEngine> chosen = new ArrayList<>();
        for (String name : engines) {
            BenchEngine engine = available.get(name);
            if (engine == null) {
                throw new UserException("--engine: unknown engine '" + name + "'; known are " + available.keySet());
            }
            chosen.add(engine);
        }
        return chosen;
    }

    /// Short names, if they tell the models apart.
    private String title(Path model) {
        boolean unique = models.stream().filter(m -> m.endsWith(model.getFileName())).count() == 1;
        return unique ? model.getFileName().toString() : model.toString();
    }

    private void report(Terminal terminal, List<Case> cases, List<Times> times, List<Optional<StepProfile>> profiles) {
        List<Map<String, Object>> records = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("model", "engine", "threads", "median ms", "min ms", "GMAC/s", "ratio"));
        for (int i = 0; i < cases.size(); i++) {
            Case one = cases.get(i);
            double median = times.get(i).medianMillis();
            double minimum = times.get(i).minMillis();
            double gmacs = one.macs() / median / 1e6;
            double ratio = times.get(i).medianRatio(times.get(0));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("model", one.model().toString());
            entry.put("engine", one.engine());
            entry.put("threads", sessions.threads());
            entry.put("median_ms", median);
            entry.put("min_ms", minimum);
            entry.put("gmacs", gmacs);
            entry.put("ratio", ratio);
            profiles.get(i).ifPresent(p -> entry.put("profile", records(p)));
            records.add(entry);
            rows.add(
                    List.of(
                            title(one.model()),
                            one.engine(),
                            String.valueOf(sessions.threads()),
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

    private void printProfiles(Terminal terminal, List<Case> cases, List<Optional<StepProfile>> profiles) {
        for (int i = 0; i < cases.size(); i++) {
            Case one = cases.get(i);
            profiles.get(i)
                    .ifPresent(p -> {
                        terminal.print("%n%s, %s:", title(one.model()), one.engine());
                        terminal.table(rows(p));
                    });
        }
    }

    private static List<Map<String, Object>> records(StepProfile profile) {
        List<Map<String, Object>> records = new ArrayList<>();
        for (StepProfile.Row row : profile.rows()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("operator", row.operator());
            entry.put("by", row.by());
            entry.put("steps", row.steps());
            entry.put("ms", row.millis());
            entry.put("share", row.share());
            entry.put("gmacs", row.gmacs());
            records.add(entry);
        }
        return records;
    }

    private static List<List<String>> rows(StepProfile profile) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("operator", "by", "steps", "ms", "%", "GMAC/s"));
        for (StepProfile.Row row : profile.rows()) {
            rows.add(
                    List.of(
                            row.operator(),
                            row.by(),
                            String.valueOf(row.steps()),
                            Terminal.number("%.3f", row.millis()),
                            Terminal.number("%.1f", 100 * row.share()),
                            row.gmacs() == 0 ? "" : Terminal.number("%.1f", row.gmacs())));
        }
        return rows;
    }
}
