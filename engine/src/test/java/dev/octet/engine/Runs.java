package dev.octet.engine;

import static dev.octet.test.TensorAssert.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;

/// A small graph in the making with the tensors for its inputs, run and compared with the reference interpreter.
final class Runs {
    private static final double FLOAT_TOLERANCE = 2e-5;

    final GraphBuilder graph = new GraphBuilder("test");
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    @SafeVarargs
    static <T> T oneOf(Generator g, T... choices) {
        return choices[g.integer(0, choices.length - 1)];
    }

    /// Declares an input of unknown extents and gives it a tensor.
    String input(String name, Tensor tensor) {
        long[] open = new long[tensor.shape().rank()];
        Arrays.fill(open, -1);
        inputs.put(name, tensor);
        return graph.input(name, tensor.dtype(), PartialShape.of(open));
    }

    /// The tensors of the inputs declared so far.
    Map<String, Tensor> inputs() {
        return inputs;
    }

    /// Runs the graph twice, with one thread and with three, and compares every output with the reference.
    ///
    /// @return what the steps are: `operator by`, where every kernel set is a `kernel`
    List<String> check(String... outputs) {
        for (String output : outputs) {
            graph.output(output);
        }
        return check(graph.build(), inputs, SessionOptions.defaults());
    }

    static List<String> check(Graph graph, Map<String, Tensor> inputs, SessionOptions options) {
        Map<String, Tensor> expected = ReferenceInterpreter.run(graph, inputs);
        List<String> steps = new ArrayList<>();
        for (int threads : new int[] {1, 3}) {
            try (Session session = Session.open(graph, options.withThreads(threads))) {
                steps.clear();
                List<String> sets = session.kernelSets();
                session.describe(shapes(inputs)).steps().stream()
                        .filter(s -> !isBetweenLayouts(s, graph))
                        .forEach(s -> steps.add(s.operator() + " " + (sets.contains(s.by()) ? "kernel" : s.by())));
                // The second run finds the first one's values in its memory.
                for (int run = 0; run < 2; run++) {
                    compare(session.run(inputs), expected);
                }
            }
        }
        return steps;
    }

    /// Whether a step is no node's, but changes the order of axes for the next.
    private static boolean isBetweenLayouts(PlanDescription.Step step, Graph graph) {
        return step.operator().equals("Transpose")
                && graph.nodes().stream().noneMatch(n -> n.name().equals(step.node()));
    }

    static Map<String, Shape> shapes(Map<String, Tensor> inputs) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return shapes;
    }

    static void compare(Map<String, Tensor> found, Map<String, Tensor> expected) {
        Assertions.assertThat(found.keySet()).isEqualTo(expected.keySet());
        found.forEach((name, tensor) -> {
            Tensor reference = expected.get(name);
            if (tensor.dtype().isFloating()) {
                assertThat(tensor).as(name).isCloseTo(reference, FLOAT_TOLERANCE * magnitude(reference), 1e-5);
            } else {
                assertThat(tensor).as(name).isIdenticalTo(reference);
            }
        });
    }

    private static double magnitude(Tensor tensor) {
        double max = 0;
        for (long i = 0; i < tensor.elementCount(); i++) {
            double magnitude = Math.abs(tensor.getDouble(i));
            if (magnitude < Double.POSITIVE_INFINITY) {
                max = Math.max(max, magnitude);
            }
        }
        return max;
    }
}
