package dev.octet.benchmarks;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.cli.bench.BenchInputs;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Runs any model in Octet and in ONNX Runtime on the same random inputs, step after step, and compares the outputs.
///
/// Usage: `./octet --main dev.octet.benchmarks.CompareRuntimes MODEL ARGUMENT…` with arguments
///
/// | form | meaning |
/// |---|---|
/// | `input=1x512` | random numbers from the normal distribution, others at each step |
/// | `state=2x1x128:0`, `sr=:16000` | one number everywhere; no extents make a scalar |
/// | `stateN->state` | an output of a step is an input of the next |
///
/// Exit code 1 if an output is further off than [#LIMIT] of its largest magnitude.
public final class CompareRuntimes {
    /// Largest error allowed, relative to the output's largest magnitude.
    public static final double LIMIT = 1e-3;

    private static final int STEPS = 20;

    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, Double> numbers = new LinkedHashMap<>();
    private final Map<String, String> feedback = new LinkedHashMap<>();
    private final RandomGenerator random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(7);

    private CompareRuntimes(List<String> arguments) {
        for (String argument : arguments) {
            int arrow = argument.indexOf("->");
            int equals = argument.indexOf('=');
            if (arrow > 0) {
                feedback.put(argument.substring(0, arrow), argument.substring(arrow + 2));
            } else if (equals > 0) {
                String name = argument.substring(0, equals);
                String[] value = argument.substring(equals + 1).split(":", 2);
                shapes.put(name, value[0].isEmpty() ? Shape.SCALAR : BenchInputs.parseShape(value[0]));
                if (value.length > 1) {
                    numbers.put(name, Double.valueOf(value[1]));
                }
            } else {
                throw new IllegalArgumentException("expected name=SHAPE[:NUMBER] or output->input, found " + argument);
            }
        }
    }

    /// The largest error of each output over all steps, relative to the output's largest magnitude in that step.
    ///
    /// @param arguments as on the command line
    /// @throws IllegalArgumentException if they do not fit the model
    public static Map<String, Double> errors(Path model, List<String> arguments) throws Exception {
        return new CompareRuntimes(arguments).errors(model);
    }

    private Map<String, Double> errors(Path model) throws Exception {
        Graph graph = OnnxReader.read(model);
        Map<String, Double> errors = new TreeMap<>();
        try (Session octet = Session.open(graph);
                BenchEngine.Run runtime = new OnnxRuntimeEngine().open(model, 1)) {
            Map<String, Tensor> fed = new LinkedHashMap<>();
            for (int step = 0; step < STEPS; step++) {
                Map<String, Tensor> inputs = inputs(graph, fed);
                runtime.bind(inputs);
                Map<String, Tensor> expected = runtime.outputs();
                octet.run(inputs)
                        .forEach((name, found) -> errors.merge(name, error(found, value(expected, name)), Math::max));
                feedback.forEach((output, input) -> fed.put(input, value(expected, output)));
            }
        }
        return errors;
    }

    private Map<String, Tensor> inputs(Graph graph, Map<String, Tensor> fed) {
        Map<String, Tensor> inputs = new LinkedHashMap<>(BenchInputs.random(graph.inputs(), shapes));
        for (ValueInfo input : graph.inputs()) {
            Tensor tensor = value(inputs, input.name());
            Double number = numbers.get(input.name());
            for (long i = 0; i < tensor.elementCount(); i++) {
                if (number != null) {
                    tensor.setDouble(i, number);
                } else if (tensor.dtype().isFloating()) {
                    tensor.setDouble(i, random.nextGaussian());
                }
            }
        }
        inputs.putAll(fed);
        return inputs;
    }

    private static Tensor value(Map<String, Tensor> values, String name) {
        Tensor value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("expected one of " + values.keySet() + ", found " + name);
        }
        return value;
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
