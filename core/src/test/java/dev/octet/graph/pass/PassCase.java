package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A small graph with seeded constants, and the check that a pass keeps what it computes.
final class PassCase {
    final GraphBuilder builder = new GraphBuilder("case");
    private final SplittableRandom random;

    PassCase(long seed) {
        random = new SplittableRandom(seed);
    }

    int integer(int min, int max) {
        return random.nextInt(min, max + 1);
    }

    /// A FLOAT32 input of fixed shape.
    String input(String name, long... dims) {
        return builder.input(new ValueInfo(name, TypeInfo.of(DType.FLOAT32, Shape.of(dims))));
    }

    /// A constant of values in `[min, max)`.
    String constant(String name, double min, double max, long... dims) {
        return builder.constant(name, values(Shape.of(dims), min, max));
    }

    String constant(String name, long... dims) {
        return constant(name, -1, 1, dims);
    }

    String scalar(double value) {
        return builder.freshConstant("scalar", Tensor.scalar((float) value));
    }

    Tensor values(Shape shape, double min, double max) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setDouble(i, random.nextDouble(min, max));
        }
        return tensor;
    }

    String add(Op op, String... operands) {
        return builder.add(op, operands);
    }

    String unary(UnaryFunction function, String x) {
        return builder.add(Unary.of(function), x);
    }

    String binary(BinaryFunction function, String a, String b) {
        return builder.add(new Binary(function), a, b);
    }

    /// Adds a node whose output has that name.
    String named(String output, Op op, String... operands) {
        builder.add(new Node(output + "_node", op, List.of(operands), List.of(output)));
        return output;
    }

    Graph build(String... outputs) {
        for (String output : outputs) {
            builder.output(output);
        }
        return builder.build();
    }

    /// Applies a pass and checks that the outputs have the same names, and the same values up to rounding.
    Graph check(Pass pass, Graph graph) {
        return check(pass, graph, 4e-6);
    }

    /// @param tolerance largest error of an output's element, relative to the largest element
    Graph check(Pass pass, Graph graph, double tolerance) {
        Graph after = pass.apply(graph);
        assertThat(after.outputs().stream().map(ValueInfo::name))
                .containsExactlyElementsOf(graph.outputs().stream().map(ValueInfo::name).toList());
        assertThat(after.inputs().stream().map(ValueInfo::name))
                .containsExactlyElementsOf(graph.inputs().stream().map(ValueInfo::name).toList());
        Map<String, Tensor> inputs = new HashMap<>();
        for (ValueInfo input : after.inputs()) {
            Shape shape = input.type().shape().toShape();
            inputs.put(
                    input.name(),
                    input.type().dtype() == DType.FLOAT32
                            ? values(shape, -4, 4)
                            : Tensor.allocate(input.type().dtype(), shape));
        }
        Map<String, Tensor> expected = run(graph, inputs);
        Map<String, Tensor> found = run(after, inputs);
        graph.outputs().forEach(v -> assertClose(v.name(), expected.get(v.name()), found.get(v.name()), tolerance));
        return after;
    }

    private static void assertClose(String value, Tensor expected, Tensor found, double tolerance) {
        assertThat(found).as(value).hasToString(expected.toString());
        double magnitude = 1e-3;
        double error = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            magnitude = Math.max(magnitude, Math.abs(expected.getDouble(i)));
            error = Math.max(error, Math.abs(expected.getDouble(i) - found.getDouble(i)));
        }
        assertThat(error)
                .as("largest error of %s, of magnitude %g", value, magnitude)
                .isLessThan(tolerance * magnitude);
    }

    /// Every value of the graph by the operators' own rules.
    static Map<String, Tensor> run(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> values = new HashMap<>(graph.constants());
        values.putAll(inputs);
        for (Node node : graph.nodes()) {
            List<Tensor> operands = new ArrayList<>();
            List<TypeInfo> types = new ArrayList<>();
            for (String input : node.inputs()) {
                operands.add(values.get(input));
                types.add(values.get(input) == null ? null : TypeInfo.of(values.get(input)));
            }
            Inference inference = new Inference(types, operands, node.outputs().size(), ShapeInference::subgraph);
            node.op().infer(inference);
            List<Tensor> results = new ArrayList<>();
            inference.outputs().forEach(t -> results.add(Tensor.allocate(t.dtype(), t.shape().toShape())));
            node.op().evaluate(operands, results);
            for (int i = 0; i < results.size(); i++) {
                values.put(node.outputs().get(i), results.get(i));
            }
        }
        return values;
    }

    /// Operator types of the nodes, in order.
    static List<String> types(Graph graph) {
        return graph.nodes().stream().map(n -> n.op().type()).toList();
    }
}
