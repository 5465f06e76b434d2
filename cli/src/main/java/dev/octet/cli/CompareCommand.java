package dev.octet.cli;

import dev.octet.data.SampleSource;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.quantize.FidelityMeter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet compare`
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = "Runs two models on the same data and tells how far the second is from the first.")
final class CompareCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

    @Mixin private final DataMixin data = new DataMixin();

    @Parameters(index = "0", paramLabel = "FLOAT", description = "the model to measure against")
    @SuppressWarnings("NullAway.Init")
    private Path reference;

    @Parameters(index = "1", paramLabel = "OTHER", description = "the model to measure")
    @SuppressWarnings("NullAway.Init")
    private Path other;

    @Option(names = "--data", paramLabel = "PATH", required = true, description = "samples; see octet quantize --help")
    @SuppressWarnings("NullAway.Init")
    private Path path;

    @Option(names = "--layers", description = "also compare every value that both models name")
    private boolean layers;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        Graph expected = Models.read(reference);
        Graph actual = Models.read(other);
        List<String> outputs = common(names(expected.outputs()), names(actual.outputs()));
        if (outputs.isEmpty()) {
            throw new UserException(
                    "the models have no output in common: "
                            + names(expected.outputs())
                            + " and "
                            + names(actual.outputs()));
        }
        List<String> watched = layers ? common(values(expected), values(actual)) : List.of();
        SessionOptions options =
                SessionOptions.defaults().withThreads(threads.count()).withWatchedValues(Set.copyOf(watched));
        Comparison comparison = new Comparison(outputs, watched);
        try (SampleSource samples = data.open(path, expected.inputs());
                Session first = Session.open(expected, options);
                Session second = Session.open(actual, options);
                Progress progress = terminal.progress("comparing", samples.size().orElse(-1))) {
            long done = 0;
            for (Map<String, Tensor> sample : data.limited(samples)) {
                comparison.add(first, second, sample);
                progress.done(++done);
            }
        }
        comparison.print(terminal);
        return 0;
    }

    private static List<String> names(List<ValueInfo> values) {
        return values.stream().map(ValueInfo::name).toList();
    }

    private static List<String> values(Graph graph) {
        List<String> names = new ArrayList<>();
        for (Node node : graph.nodes()) {
            node.outputs().stream().filter(o -> !o.isEmpty() && !graph.isOutput(o)).forEach(names::add);
        }
        return names;
    }

    private static List<String> common(List<String> a, List<String> b) {
        Set<String> both = new LinkedHashSet<>(a);
        both.retainAll(Set.copyOf(b));
        return List.copyOf(both);
    }

    /// Running sums over the samples.
    private static final class Comparison {
        private final Map<String, FidelityMeter> outputs = new LinkedHashMap<>();
        private final Map<String, FidelityMeter> layers = new LinkedHashMap<>();
        private long rows;
        private long agreeing;

        Comparison(List<String> outputs, List<String> layers) {
            outputs.forEach(name -> this.outputs.put(name, new FidelityMeter()));
            layers.forEach(name -> this.layers.put(name, new FidelityMeter()));
        }

        void add(Session first, Session second, Map<String, Tensor> sample) {
            Map<String, Tensor> inner = new HashMap<>();
            Map<String, Tensor> expected =
                    first.run(
                            sample,
                            (name, tensor) -> {
                                if (tensor.dtype() == DType.FLOAT32) {
                                    inner.put(name, tensor.copy());
                                }
                            });
            Map<String, Tensor> actual =
                    second.run(
                            sample,
                            (name, tensor) -> {
                                Tensor reference = inner.get(name);
                                FidelityMeter meter = layers.get(name);
                                if (meter != null
                                        && reference != null
                                        && tensor.dtype() == DType.FLOAT32
                                        && tensor.shape().equals(reference.shape())) {
                                    meter.add(reference, tensor);
                                }
                            });
            outputs.forEach((name, meter) -> compare(name, meter, expected.get(name), actual.get(name)));
        }

        private void compare(String name, FidelityMeter meter, @Nullable Tensor expected, @Nullable Tensor actual) {
            if (expected == null || actual == null || !expected.shape().equals(actual.shape())) {
                throw new UserException("output '" + name + "': expected " + expected + ", found " + actual);
            }
            meter.add(expected, actual);
            if (name.equals(outputs.keySet().iterator().next()) && expected.shape().rank() > 0) {
                countAgreement(expected, actual);
            }
        }

        /// Top-1 over the last axis of the first output.
        private void countAgreement(Tensor expected, Tensor actual) {
            int classes = Math.toIntExact(expected.shape().dim(-1));
            for (long row = 0; classes > 0 && row < expected.elementCount() / classes; row++) {
                rows++;
                if (argMax(expected, row * classes, classes) == argMax(actual, row * classes, classes)) {
                    agreeing++;
                }
            }
        }

        private static int argMax(Tensor tensor, long from, int count) {
            int best = 0;
            for (int i = 1; i < count; i++) {
                if (tensor.getFloat(from + i) > tensor.getFloat(from + best)) {
                    best = i;
                }
            }
            return best;
        }

        void print(Terminal terminal) {
            double agreement = rows == 0 ? Double.NaN : (double) agreeing / rows;
            if (terminal.isJson()) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("outputs", json(outputs));
                if (!layers.isEmpty()) {
                    result.put("layers", json(layers));
                }
                result.put("top1_agreement", agreement);
                terminal.json(result);
                return;
            }
            List<List<String>> table = new ArrayList<>();
            table.add(List.of("value", "SQNR dB", "cosine", "max abs error"));
            layers.forEach((name, meter) -> row(table, name, meter));
            outputs.forEach((name, meter) -> row(table, name, meter));
            terminal.table(table);
            terminal.print(
                    "top-1 agreement over the last axis of '%s': %.2f %% of %d rows",
                    outputs.keySet().iterator().next(), 100 * agreement, rows);
        }

        private static void row(List<List<String>> table, String name, FidelityMeter meter) {
            if (meter.count() > 0) {
                table.add(
                        List.of(
                                name,
                                Terminal.number("%.2f", meter.fidelity().sqnr()),
                                Terminal.number("%.6f", meter.fidelity().cosine()),
                                Terminal.number("%.3g", meter.fidelity().maxAbs())));
            }
        }

        private static List<Map<String, Object>> json(Map<String, FidelityMeter> meters) {
            List<Map<String, Object>> list = new ArrayList<>();
            meters.forEach((name, meter) -> {
                if (meter.count() > 0) {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("name", name);
                    entry.put("sqnr_db", meter.fidelity().sqnr());
                    entry.put("cosine", meter.fidelity().cosine());
                    entry.put("max_abs", meter.fidelity().maxAbs());
                    list.add(entry);
                }
            });
            return list;
        }
    }
}
