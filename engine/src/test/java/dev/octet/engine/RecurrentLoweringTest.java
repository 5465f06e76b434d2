package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.DynamicQuantizeLstm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Rnn;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Recurrent operators run as products and formulas.
class RecurrentLoweringTest {
    private static final List<String> DIRECTIONS = List.of("forward", "reverse", "bidirectional");

    /// What a case draws: extents, attributes, and the operands that all have.
    private static final class Drawn {
        final Generator g;
        final Runs runs = new Runs();
        final int steps;
        final int batch;
        final int inputs;
        final int hidden;
        final int directions;
        final Attributes.Builder attributes = Attributes.builder();
        final List<String> operands = new ArrayList<>();

        Drawn(Generator g) {
            this.g = g;
            steps = g.integer(1, 6);
            batch = g.integer(1, 3);
            inputs = g.integer(1, 40);
            hidden = g.integer(1, 40);
            String direction = g.oneOf(DIRECTIONS);
            directions = direction.equals("bidirectional") ? 2 : 1;
            attributes.put("direction", direction).put("hidden_size", (long) hidden);
            if (g.integer(0, 3) == 0) {
                attributes.put("clip", 0.5f);
            }
            operands.add(runs.input("x", g.floats(Shape.of(steps, batch, inputs), -1, 1)));
        }

        String constant(Tensor tensor) {
            return runs.graph.freshConstant("c", tensor);
        }

        String weights(long... dims) {
            return constant(g.floats(Shape.of(dims), -0.4f, 0.4f));
        }

        void floatWeights(int gates) {
            operands.add(weights(directions, (long) gates * hidden, inputs));
            operands.add(weights(directions, (long) gates * hidden, hidden));
            operands.add(g.flip() ? weights(directions, 2L * gates * hidden) : "");
        }

        void states(int count) {
            Tensor full = Tensor.allocate(DType.INT32, Shape.of(batch));
            for (int i = 0; i < batch; i++) {
                full.setLong(i, steps);
            }
            operands.add(g.flip() ? "" : constant(full));
            for (int i = 0; i < count; i++) {
                Tensor state = g.floats(Shape.of(directions, batch, hidden), -1, 1);
                operands.add(g.flip() ? "" : runs.input("state" + i, state));
            }
        }

        String[] node(Op op, int outputs) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < outputs; i++) {
                names.add("y" + i);
            }
            runs.graph.add(new Node("cell", op, operands, names));
            return names.toArray(String[]::new);
        }

        void check(Op op, int outputs) {
            assertThat(runs.check(node(op, outputs))).containsExactly(op.type() + " kernel");
        }
    }

    @Test
    void lstm() {
        Generator.forAll(
                1,
                40,
                g -> {
                    Drawn drawn = new Drawn(g);
                    drawn.attributes.put("input_forget", g.integer(0, 3) == 0 ? 1L : 0L);
                    drawn.floatWeights(4);
                    drawn.states(2);
                    drawn.operands.add(g.flip() ? drawn.weights(drawn.directions, 3L * drawn.hidden) : "");
                    drawn.check(Lstm.of(drawn.attributes.build()), 3);
                });
    }

    @Test
    void gru() {
        Generator.forAll(
                2,
                40,
                g -> {
                    Drawn drawn = new Drawn(g);
                    drawn.attributes.put("linear_before_reset", g.flip() ? 1L : 0L);
                    drawn.floatWeights(3);
                    drawn.states(1);
                    drawn.check(Gru.of(drawn.attributes.build()), 2);
                });
    }

    @Test
    void rnn() {
        Generator.forAll(
                3,
                20,
                g -> {
                    Drawn drawn = new Drawn(g);
                    drawn.floatWeights(1);
                    drawn.states(1);
                    drawn.check(Rnn.of(drawn.attributes.build()), g.integer(1, 2));
                });
    }

    /// An element that lies between two codes may be rounded to either, so results are near each other only.
    @Test
    void quantizedLstm() {
        Generator.forAll(
                4,
                40,
                g -> {
                    Drawn drawn = new Drawn(g);
                    DType dtype = g.flip() ? DType.INT8 : DType.UINT8;
                    long columns = 4L * drawn.hidden;
                    drawn.operands.add(
                            drawn.constant(g.integers(dtype, Shape.of(drawn.directions, drawn.inputs, columns))));
                    drawn.operands.add(
                            drawn.constant(g.integers(dtype, Shape.of(drawn.directions, drawn.hidden, columns))));
                    drawn.operands.add(g.flip() ? drawn.weights(drawn.directions, 2 * columns) : "");
                    drawn.states(2);
                    drawn.operands.add(g.flip() ? drawn.weights(drawn.directions, 3L * drawn.hidden) : "");
                    Shape parameters = g.flip() ? Shape.of(drawn.directions) : Shape.of(drawn.directions, columns);
                    for (int i = 0; i < 2; i++) {
                        drawn.operands.add(drawn.constant(g.floats(parameters, 0.0005f, 0.003f)));
                        drawn.operands.add(drawn.constant(g.integers(dtype, parameters, 0, 127)));
                    }
                    Op op = DynamicQuantizeLstm.of(drawn.attributes.build());
                    drawn.node(op, 3);
                    for (int i = 0; i < 3; i++) {
                        drawn.runs.graph.output("y" + i);
                    }
                    compare(drawn.runs.graph.build(), drawn.runs.inputs());
                });
    }

    private static void compare(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> expected = ReferenceInterpreter.run(graph, inputs);
        try (Session session = Session.open(graph)) {
            List<String> sets = session.kernelSets();
            assertThat(session.describe(Runs.shapes(inputs)).steps()).allMatch(step -> sets.contains(step.by()));
            session.run(inputs)
                    .forEach((name, tensor) ->
                            TensorAssert.assertThat(tensor).as(name).isCloseTo(expected.get(name), 0.01, 0.01));
        }
    }

    /// Sequences of other lengths, and weights that come with the input, are left to the operator's own evaluation.
    @Test
    void othersRunByTheReference() {
        Generator.forAll(
                5,
                10,
                g -> {
                    Drawn drawn = new Drawn(g);
                    drawn.operands.add(drawn.weights(drawn.directions, 4L * drawn.hidden, drawn.inputs));
                    drawn.operands.add(
                            drawn.runs.input(
                                    "r", g.floats(Shape.of(drawn.directions, 4L * drawn.hidden, drawn.hidden), -1, 1)));
                    assertThat(drawn.runs.check(drawn.node(Lstm.of(drawn.attributes.build()), 3)))
                            .containsExactly("LSTM reference");
                });
    }
}
