package dev.octet.engine;

import dev.octet.graph.Attributes;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Graphs of random wiring: views of values that others read later, values read far from where they are made, outputs
/// in the middle. If the memory plan gave a place away too early, or a fusion took too much, results would differ from
/// the reference's.
class RandomGraphTest {
    private static final int EXTENT = 6;

    @Test
    void anyWiringGivesTheReferencesResults() {
        Generator.forAll(
                20261124,
                150,
                g -> {
                    Runs runs = new Runs();
                    List<String> values = new ArrayList<>();
                    for (int i = 0; i < 2; i++) {
                        values.add(runs.input("x" + i, g.floats(Shape.of(EXTENT, EXTENT), -1, 1)));
                    }
                    int nodes = g.integer(3, 25);
                    for (int i = 0; i < nodes; i++) {
                        values.add(next(runs, g, values));
                    }
                    List<String> outputs = new ArrayList<>(List.of(values.getLast()));
                    for (String value : values.subList(2, values.size() - 1)) {
                        if (g.integer(0, 5) == 0) {
                            outputs.add(value);
                        }
                    }
                    runs.check(outputs.toArray(String[]::new));
                });
    }

    private static String next(Runs runs, Generator g, List<String> values) {
        String a = g.oneOf(values);
        String b = g.oneOf(values);
        return switch (g.integer(0, 9)) {
            case 0 -> runs.graph.add(bounded(g), a);
            case 1 -> runs.graph.add(new MatMul(), a, b);
            case 2 -> runs.graph.add(new MatMul(), a, constant(runs, g, Shape.of(EXTENT, EXTENT)));
            case 3 -> runs.graph.add(new Binary(BinaryFunction.ADD), a, b);
            case 4 -> runs.graph.add(new Binary(BinaryFunction.MUL), a, b);
            case 5 -> runs.graph.add(new Binary(BinaryFunction.ADD), constant(runs, g, Shape.of(EXTENT)), a);
            case 6 -> runs.graph.add(new Softmax(g.integer(0, 1), false, false), a);
            case 7 -> runs.graph.add(new Transpose(List.of()), a);
            case 8 -> view(runs, a);
            default -> halves(runs, a, b);
        };
    }

    private static Op bounded(Generator g) {
        return Unary.of(
                Runs.oneOf(g, UnaryFunction.TANH, UnaryFunction.SIGMOID, UnaryFunction.RELU, UnaryFunction.HARD_SWISH));
    }

    private static String constant(Runs runs, Generator g, Shape shape) {
        return runs.graph.freshConstant("c", g.floats(shape, -0.4f, 0.4f));
    }

    /// There and back, so that both are views.
    private static String view(Runs runs, String a) {
        String flat = runs.graph.freshConstant("s", Tensor.vector(EXTENT * EXTENT));
        String square = runs.graph.freshConstant("s", Tensor.vector(EXTENT, EXTENT));
        return runs.graph.add(new Reshape(false), runs.graph.add(new Reshape(false), a, flat), square);
    }

    /// The first half of `a` over the second of `b`.
    private static String halves(Runs runs, String a, String b) {
        String top = split(runs, a).getFirst();
        String bottom = split(runs, b).getLast();
        return runs.graph.add(new Concat(0), top, bottom);
    }

    private static List<String> split(Runs runs, String x) {
        String name = runs.graph.freshName("split");
        Node node = new Node(name, Split.of(axis()), List.of(x), List.of(name + "_a", name + "_b"));
        runs.graph.add(node);
        return node.outputs();
    }

    private static Attributes axis() {
        return Attributes.builder().put("axis", 0L).put("num_outputs", 2L).build();
    }
}
