package dev.octet.benchmarks;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Runs any model in Octet and in ONNX Runtime on the same random inputs, step after step, and compares the outputs.
///
/// Usage: `./octet --main dev.octet.benchmarks.CompareRuntimes MODEL ARGUMENT…` with arguments `name=SHAPE` for random
/// numbers, `name=SHAPE:NUMBER` for one number everywhere, and `output->input` for what is fed back ([StepInputs]).
///
/// Exit code 1 if an output is further off than [#LIMIT] of its largest magnitude.
public final class CompareRuntimes {
    /// Largest error allowed, relative to the output's largest magnitude.
    public static final double LIMIT = 1e-3;

    private CompareRuntimes() {}

    /// The largest error of each output over all steps, relative to the output's largest magnitude in that step. Both
    /// are fed with what ONNX Runtime gave before.
    ///
    /// @param arguments as on the command line
    /// @throws IllegalArgumentException if they do not fit the model
    public static Map<String, Double> errors(Path model, List<String> arguments) throws Exception {
        StepInputs steps = new StepInputs(arguments);
        Graph graph = OnnxReader.read(model);
        Map<String, Double> errors = new TreeMap<>();
        try (Session octet = Session.open(graph);
                BenchEngine.Run runtime = new OnnxRuntimeEngine().open(model, 1)) {
            Map<String, Tensor> expected = Map.of();
            for (int step = 0; step < StepInputs.STEPS; step++) {
                Map<String, Tensor> inputs = steps.next(graph, expected);
                runtime.bind(inputs);
                Map<String, Tensor> truth = runtime.outputs();
                octet.run(inputs)
                        .forEach((name, found) ->
                                errors.merge(name, error(found, StepInputs.value(truth, name)), Math::max));
                expected = truth;
            }
        }
        return errors;
    }

    private static double error(Tensor found, Tensor expected) {
        if (!found.shape().equals(expected.shape())) {
            throw new IllegalStateException("shapes " + found.shape() + " and " + expected.shape());
        }
        double difference = 0;
        double magnitude = Double.MIN_NORMAL;
        for (long i = 0; i < expected.elementCount(); i++) {
            difference = Math.max(difference, Math.abs(found.getDouble(i) - expected.getDouble(i)));
            magnitude = Math.max(magnitude, Math.abs(expected.getDouble(i)));
        }
        return difference / magnitude;
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 1) {
            System.err.println("expected MODEL [name=SHAPE[:NUMBER] | output->input] …");
            System.exit(2);
        }
        Map<String, Double> errors = errors(Path.of(args[0]), List.of(args).subList(1, args.length));
        errors.forEach((name, error) -> System.out.printf(Locale.ROOT, "%-24s relative error %.2e%n", name, error));
        boolean close = errors.values().stream().allMatch(e -> e <= LIMIT);
        System.out.println(close ? "Octet and ONNX Runtime agree" : "an output differs by more than " + LIMIT);
        System.exit(close ? 0 : 1);
    }
}
