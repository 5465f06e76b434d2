package dev.octet.benchmarks;

import dev.octet.benchmarks.model.BenchNetwork;
import dev.octet.benchmarks.model.BenchReport;
import dev.octet.benchmarks.model.BenchResult;
import dev.octet.benchmarks.model.ModelFiles;
import dev.octet.cli.bench.BenchEngine;
import dev.octet.cli.bench.InterleavedBench;
import dev.octet.cli.bench.InterleavedBench.Times;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.GraphException;
import dev.octet.onnx.OnnxReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Times whole networks side by side, in float and in int8, on Octet and its peers.
///
/// The forms of one network run in turn, so that a machine whose speed drifts slows all of them alike. Usage: `./octet
/// --main dev.octet.benchmarks.ModelBench --models resnet50,minilm --threads 1,2`
@Command(
        name = "ModelBench",
        mixinStandardHelpOptions = true,
        description = "Times whole networks side by side, in float and in int8, on Octet and its peers.")
public final class ModelBench implements Callable<Integer> {
    @Option(
            names = "--models",
            split = ",",
            description = "networks, by the beginning of their names (default: all): ${COMPLETION-CANDIDATES}",
            completionCandidates = Names.class)
    private final List<String> models = new ArrayList<>();

    @Option(
            names = "--engines",
            split = ",",
            defaultValue = "octet,onnxruntime",
            description = "of octet, onnxruntime and pytorch (default: ${DEFAULT-VALUE})")
    private final List<String> engines = new ArrayList<>();

    @Option(names = "--threads", split = ",", defaultValue = "1", description = "(default: ${DEFAULT-VALUE})")
    private final List<Integer> threads = new ArrayList<>();

    @Option(names = "--rounds", defaultValue = "11", description = "counted runs of each (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            defaultValue = "1.5",
            description = "uncounted time of each first (default: ${DEFAULT-VALUE})")
    private double warmup;

    @Option(
            names = "--files",
            paramLabel = "DIR",
            defaultValue = "benchmarks/target/models",
            description = "where networks are written once (default: ${DEFAULT-VALUE})")
    private Path files = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "benchmarks/target/results",
            description = "where models.json and models.md are written (default: ${DEFAULT-VALUE})")
    private Path output = Path.of("");

    private static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            BenchNetwork.names().forEach(this::add);
        }
    }

    /// A form of a network on an engine.
    private record Case(String engine, String form, BenchEngine.Run run) {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new ModelBench()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        ModelFiles made = new ModelFiles(files);
        List<BenchResult> results = new ArrayList<>();
        for (String name : BenchNetwork.names()) {
            if (models.isEmpty() || models.stream().anyMatch(name::startsWith)) {
                BenchNetwork network = BenchNetwork.named(name);
                System.err.println(name);
                Map<String, Path> forms = made.forms(network);
                for (int count : threads) {
                    results.addAll(time(network, forms, count));
                    // After each, since a run of all takes long.
                    BenchReport.write(output, results);
                }
            }
        }
        if (results.isEmpty()) {
            System.err.println("--models: none of " + BenchNetwork.names() + " begins with " + models);
            return 2;
        }
        System.out.print(BenchReport.markdown(results));
        return 0;
    }

    private List<BenchResult> time(BenchNetwork network, Map<String, Path> forms, int count) throws Exception {
        Map<String, BenchEngine> known = new TreeMap<>(BenchEngine.available());
        known.put("pytorch", new PyTorchEngine());
        List<Case> cases = new ArrayList<>();
        try {
            for (String name : engines) {
                BenchEngine engine = known.get(name);
                if (engine == null) {
                    throw new IllegalArgumentException("--engines: expected of " + known.keySet() + ", found " + name);
                }
                for (Map.Entry<String, Path> form : forms.entrySet()) {
                    try {
                        BenchEngine.Run run = engine.open(form.getValue(), count);
                        cases.add(new Case(name, form.getKey(), run));
                        run.bind(network.inputs(1));
                    } catch (GraphException e) {
                        System.err.println(name + ", " + form.getKey() + " is left out: " + e.getMessage());
                    }
                }
            }
            List<Times> times =
                    InterleavedBench.run(
                            cases.stream().<InterleavedBench.Task>map(c -> c.run::run).toList(),
                            (long) (warmup * 1e9),
                            rounds,
                            _ -> {});
            return results(network, count, cases, times, macs(network, Objects.requireNonNull(forms.get("float"))));
        } finally {
            cases.forEach(c -> c.run.close());
        }
    }

    private static List<BenchResult> results(
            BenchNetwork network, int count, List<Case> cases, List<Times> times, long macs) {
        List<Integer> peers = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            if (cases.get(i).engine.equals("onnxruntime")) {
                peers.add(i);
            }
        }
        peers.sort(Comparator.comparingDouble(i -> times.get(i).medianMillis()));
        List<BenchResult> results = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Times own = times.get(i);
            results.add(
                    new BenchResult(
                            network.name(),
                            cases.get(i).engine,
                            cases.get(i).form,
                            count,
                            own.medianMillis(),
                            own.minMillis(),
                            macs / own.medianMillis() / 1e6,
                            peers.isEmpty() ? Double.NaN : times.get(peers.getFirst()).medianRatio(own)));
        }
        return results;
    }

    /// Of one run of the float form.
    private static long macs(BenchNetwork network, Path file) throws IOException {
        try (Session session = Session.open(OnnxReader.read(file), SessionOptions.defaults().withThreads(1))) {
            return session.describe(network.shapes()).macs();
        }
    }
}
