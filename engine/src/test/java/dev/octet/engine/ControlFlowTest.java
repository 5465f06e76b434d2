package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.If;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.SequenceAt;
import dev.octet.graph.op.SequenceConstruct;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Graphs inside nodes, sequences and optional values in a session.
class ControlFlowTest {
    private static final Binary ADD = new Binary(BinaryFunction.ADD);
    private static final TypeInfo FLOATS = new TypeInfo(DType.FLOAT32, null);
    private static final Tensor TRUE = Tensor.of(DType.BOOL, Shape.SCALAR, (byte) 1);
    private static final Tensor FALSE = Tensor.of(DType.BOOL, Shape.SCALAR, (byte) 0);

    private static void output(GraphBuilder builder, String value) {
        builder.output(new ValueInfo(value, FLOATS));
    }

    /// `relu(x)` or `x + w`, both from outside.
    private static If choice() {
        GraphBuilder then = new GraphBuilder("then");
        output(then, then.add(Unary.of(UnaryFunction.RELU), then.input(Captures.input("x", FLOATS))));
        GraphBuilder otherwise = new GraphBuilder("else");
        String x = otherwise.input(Captures.input("x", FLOATS));
        output(otherwise, otherwise.add(ADD, x, otherwise.input(Captures.input("w", FLOATS))));
        return new If(then.build(), otherwise.build());
    }

    @Test
    void theConditionChoosesInEachRun() {
        GraphBuilder builder = new GraphBuilder("g");
        String condition = builder.input("c", DType.BOOL, PartialShape.of());
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1));
        String w = builder.constant("w", Tensor.of(Shape.of(1), 10f));
        output(builder, builder.add(choice(), condition, x, w));
        Tensor given = Tensor.of(Shape.of(2), -1f, 2f);
        try (Session session = Session.open(builder.build())) {
            String y = session.outputs().getFirst().name();
            assertThat(session.run(Map.of("c", TRUE, "x", given)).get(y).toFloatArray()).containsExactly(0, 2);
            assertThat(session.run(Map.of("c", FALSE, "x", given)).get(y).toFloatArray()).containsExactly(9, 12);
        }
    }

    @Test
    void aBranchThatIsKnownIsPartOfTheGraph() {
        GraphBuilder builder = new GraphBuilder("g");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(2));
        String w = builder.constant("w", Tensor.of(Shape.of(1), 10f));
        output(builder, builder.add(choice(), builder.constant("c", TRUE), x, w));
        try (Session session = Session.open(builder.build())) {
            List<PlanDescription.Step> steps = session.describe(Map.of("x", Shape.of(2))).steps();
            assertThat(steps).extracting(PlanDescription.Step::operator).containsExactly("Relu");
        }
    }

    /// The plan's memory is used again after the last step that reads a value.
    @Test
    void aSequenceKeepsWhatItHolds() {
        GraphBuilder builder = new GraphBuilder("g");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(3));
        String held = builder.add(Unary.of(UnaryFunction.NEG), x);
        String sequence = builder.add(new SequenceConstruct(), held);
        String value = x;
        for (int i = 0; i < 6; i++) {
            value = builder.add(Unary.of(UnaryFunction.TANH), value);
        }
        String first = builder.constant("first", Tensor.scalar(0L));
        output(builder, builder.add(ADD, builder.add(new SequenceAt(), sequence, first), value));
        Graph graph = builder.build();
        try (Session session = Session.open(graph)) {
            float y =
                    session.run(Map.of("x", Tensor.of(Shape.of(3), 1f, 2f, 3f))).values().iterator().next().getFloat(2);
            double tanh = 3;
            for (int i = 0; i < 6; i++) {
                tanh = Math.tanh(tanh);
            }
            assertThat(y).isCloseTo((float) (-3 + tanh), org.assertj.core.api.Assertions.within(1e-5f));
        }
    }

    /// The state has another shape on each trip; what follows the loop has a shape that only the run knows.
    @Test
    void aLoopMayAppend() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input("state", DType.FLOAT32, null);
        String captured = body.input(Captures.input("x", FLOATS));
        body.output(new ValueInfo(body.add(new Identity(), condition), new TypeInfo(DType.BOOL, null)));
        output(body, body.add(new Concat(0), state, captured));
        GraphBuilder builder = new GraphBuilder("g");
        String trips = builder.input("n", DType.INT64, PartialShape.of());
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(1));
        String all = builder.add(new Loop(body.build()), trips, "", x, x);
        output(builder, builder.add(Unary.of(UnaryFunction.NEG), all));
        try (Session session = Session.open(builder.build())) {
            for (long n : new long[] {0, 3, 40, 3}) {
                Tensor y =
                        session.run(Map.of("n", Tensor.scalar(n), "x", Tensor.of(Shape.of(1), 2f)))
                                .values()
                                .iterator()
                                .next();
                assertThat(y.shape()).isEqualTo(Shape.of(n + 1));
                assertThat(y.getFloat(n)).isEqualTo(-2);
            }
        }
    }

    @Test
    void sequencesGoInAndOut() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input(new ValueInfo("s", FLOATS.asSequence()));
        builder.add(new Node("copy", new Identity(), List.of("s"), List.of("t")));
        builder.output(new ValueInfo("t", FLOATS.asSequence()));
        TensorSequence given = new TensorSequence(DType.FLOAT32, List.of(Tensor.scalar(1f), Tensor.scalar(2f)));
        try (Session session = Session.open(builder.build())) {
            Value result = session.runValues(Map.of("s", given)).get("t");
            given.tensors().getFirst().setFloat(0, 5);

            assertThat(((TensorSequence) result).tensors().getFirst().getFloat(0)).isEqualTo(1);
            assertThatThrownBy(() -> session.runValues(Map.of("s", Tensor.scalar(1f))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("input 's': expected sequence of FLOAT32 of unknown rank, found FLOAT32");
        }
    }

    @Test
    void runWantsTensors() {
        GraphBuilder builder = new GraphBuilder("g");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(1));
        builder.output(new ValueInfo(builder.add(new SequenceConstruct(), x), FLOATS.asSequence()));
        Graph graph = builder.build();
        String y = graph.outputs().getFirst().name();
        try (Session session = Session.open(graph)) {
            assertThatThrownBy(() -> session.run(Map.of("x", Tensor.of(Shape.of(1), 1f))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is no tensor but sequence of 1 FLOAT32: use runValues");
        }
        SessionOptions watching = SessionOptions.defaults().withWatchedValues(Set.of(y));
        assertThatThrownBy(() -> Session.open(graph, watching))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a tensor");
    }

    @Test
    void whatABranchCannotComputeIsSaidAtOnce() {
        GraphBuilder then = new GraphBuilder("then");
        output(then, then.add(new Opaque("my.domain", "Mystery", Attributes.EMPTY)));
        GraphBuilder builder = new GraphBuilder("g");
        String condition = builder.input("c", DType.BOOL, PartialShape.of());
        output(builder, builder.add(new If(then.build(), then.build()), condition));

        assertThatThrownBy(() -> Session.open(builder.build()))
                .isInstanceOf(UnsupportedOperatorException.class)
                .hasMessageContaining("my.domain.Mystery");
    }

    @Test
    void manyThreadsRunOneLoop() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input("state", DType.FLOAT32, PartialShape.of(1));
        body.output(new ValueInfo(body.add(new Identity(), condition), new TypeInfo(DType.BOOL, null)));
        output(body, body.add(ADD, state, body.input(Captures.input("x", FLOATS))));
        GraphBuilder builder = new GraphBuilder("g");
        String trips = builder.input("n", DType.INT64, PartialShape.of());
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(1));
        output(builder, builder.add(new Loop(body.build()), trips, "", x, x));
        try (Session session = Session.open(builder.build())) {
            boolean right =
                    IntStream.range(0, 200)
                            .parallel()
                            .allMatch(n -> {
                                Map<String, Tensor> inputs =
                                        Map.of("n", Tensor.scalar((long) n), "x", Tensor.of(Shape.of(1), 2f));
                                return session.run(inputs).values().iterator().next().getFloat(0) == 2f * (n + 1);
                            });
            assertThat(right).isTrue();
        }
    }
}
