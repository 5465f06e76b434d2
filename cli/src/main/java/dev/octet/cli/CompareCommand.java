package dev.octet.cli;

import dev.octet.data.SampleSource;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.quantize.Fidelity;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Mixin private final NumericsMixin numerics = new NumericsMixin();

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

    @Option(
            names = "--min-sqnr",
            paramLabel = "DB",
            description = "exit with 1 if an output's SQNR is less than so many decibels")
    private @Nullable Double minSqnr;

    @Option(names = "--min-cosine", paramLabel = "C", description = "exit with 1 if an output's cosine is less")
    private @Nullable Double minCosine;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        Graph expected = Models.read(reference);
        Graph actual = Models.read(other);
        List<String> outputs = outputs(terminal, names(expected.outputs()), names(actual.outputs()));
        List<String> watched = layers ? common(values(expected), values(actual)) : List.of();
        SessionOptions options = sessions.options().withWatchedValues(Set.copyOf(watched));
        Comparison comparison = new Comparison(outputs, watched);
        try (SampleSource samples = data.open(path, expected.inputs());
                Session first = Models.open(reference, expected, options);
                Session second = Models.open(other, actual, options.withNumerics(numerics.value()));
                Progress progress = terminal.progress("comparing", samples.size().orElse(-1))) {
            long done = 0;
            for (Map<String, Tensor> sample : data.limited(samples)) {
                compare(comparison, first, second, sample);
                progress.done(++done);
            }
        }
        comparison.print(terminal);
        return fails(terminal, comparison) ? 1 : 0;
    }

    private void compare(Comparison comparison, Session first, Session second, Map<String, Tensor> sample)
            throws IOException {
        Map<String, Tensor> inner = new HashMap<>();
        Map<String, Tensor> expected = Models.about(reference, () -> first.run(sample, comparison.keeping(inner)));
        Map<String, Tensor> actual = Models.about(other, () -> second.run(sample, comparison.comparing(inner)));
        comparison.addOutputs(expected, actual);
    }

    private static List<String> outputs(Terminal terminal, List<String> expected, List<String> actual) {
        List<String> outputs = common(expected, actual);
        if (outputs.isEmpty()) {
            throw new UserException("the models have no output in common: " + expected + " and " + actual);
        }
        Set<String> left = new LinkedHashSet<>(expected);
        left.addAll(actual);
        outputs.forEach(left::remove);
        if (!left.isEmpty()) {
            terminal.note("octet: only one of the models has these outputs, which are not compared: %s", left);
        }
        return outputs;
    }

    private boolean fails(Terminal terminal, Comparison comparison) {
        boolean failed = false;
        for (Map.Entry<String, Fidelity> output : comparison.outputs().entrySet()) {
            double sqnr = output.getValue().sqnr();
            double cosine = output.getValue().cosine();
            // A NaN is no success.
            if (minSqnr != null && !(sqnr >= minSqnr)) {
                terminal.note("octet: output '%s': SQNR %.2f dB, less than %s", output.getKey(), sqnr, minSqnr);
                failed = true;
            }
            if (minCosine != null && !(cosine >= minCosine)) {
                terminal.note("octet: output '%s': cosine %.6f, less than %s", output.getKey(), cosine, minCosine);
                failed = true;
            }
        }
        return failed;
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
}
