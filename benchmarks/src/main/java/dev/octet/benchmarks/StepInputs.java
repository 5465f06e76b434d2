package dev.octet.benchmarks;

import dev.octet.cli.bench.BenchInputs;
import dev.octet.graph.Graph;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Inputs of a model that is run step after step, as arguments of a command describe them. Those made from the same
/// arguments draw the same numbers.
///
/// | form | meaning |
/// |---|---|
/// | `input=1x512` | random numbers from the normal distribution, others at each step |
/// | `state=2x1x128:0`, `sr=:16000` | one number everywhere; no extents make a scalar |
/// | `stateN->state` | an output of a step is an input of the next |
final class StepInputs {
    /// How many steps a comparison has.
    static final int STEPS = 20;

    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, Double> numbers = new LinkedHashMap<>();
    private final Map<String, String> feedback = new LinkedHashMap<>();
    private final RandomGenerator random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(7);

    /// @throws IllegalArgumentException if an argument has another form
    StepInputs(List<String> arguments) {
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

    /// @param before outputs of the step before; empty for the first one
    Map<String, Tensor> next(Graph graph, Map<String, Tensor> before) {
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
        if (!before.isEmpty()) {
            feedback.forEach((output, input) -> inputs.put(input, value(before, output)));
        }
        return inputs;
    }

    /// @throws IllegalArgumentException if there is none of that name
    static Tensor value(Map<String, Tensor> values, String name) {
        Tensor value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("expected one of " + values.keySet() + ", found " + name);
        }
        return value;
    }
}
