package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Range;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final ValueInfo TEXT = new ValueInfo("text", TypeInfo.foreign("STRING tensor"));

    /// `y = relu(x)`, and another input.
    private static GraphBuilder reluBesideText() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input(TEXT);
        builder.input("x", DType.FLOAT32, PartialShape.of(-1));
        builder.add(new Node("relu", Unary.of(UnaryFunction.RELU), List.of("x"), List.of("y")));
        return builder.output("y");
    }

    @Test
    void inputsOfForeignTypesAreRefusedIfAnythingReadsThem() {
        Graph read = reluBesideText().add(new Node("id", new Identity(), List.of("text"), List.of("z"))).build();
        assertThatThrownBy(() -> Session.open(read))
                .isInstanceOf(GraphException.class)
                .hasMessage(
                        "graph 'g': input 'text' of Identity 'id': expected tensors of numbers or truth values, found"
                                + " STRING tensor");
        Graph output = reluBesideText().output(TEXT).build();
        assertThatThrownBy(() -> Session.open(output)).hasMessageContaining("input 'text'", "found STRING tensor");
        try (Session session = Session.open(reluBesideText().build())) {
            assertThat(session.inputs()).extracting(ValueInfo::name).containsExactly("x");
            Tensor x = Tensor.of(Shape.of(2), -1f, 2f);
            assertThat(session.run(Map.of("x", x)).get("y").toFloatArray()).containsExactly(0, 2);
            assertThatThrownBy(() -> session.run(Map.of("x", x, "text", x)))
                    .hasMessageContaining("unknown input 'text'");
        }
    }

    private static final Unary EXP = Unary.of(UnaryFunction.EXP);
    private static final Binary ADD = new Binary(BinaryFunction.ADD);

    /// `y = exp(x) + x` over `[?, 3]`.
    private static Graph small() {
        GraphBuilder b = new GraphBuilder("small");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        b.add(new Node("exp", EXP, List.of(x), List.of("e")));
        b.add(new Node("add", ADD, List.of("e", x), List.of("y")));
        return b.output("y").build();
    }

    private static Tensor ones(long rows) {
        float[] values = new float[Math.toIntExact(3 * rows)];
        Arrays.fill(values, 1);
        return Tensor.of(Shape.of(rows, 3), values);
    }

    @Test
    void refusesInputsThatAreNotDeclared() {
        try (Session session = Session.open(small())) {
            assertThatThrownBy(() -> session.run(Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("input 'x' is missing: expected [x], found []");
            assertThatThrownBy(() -> session.run(Map.of("x", ones(1), "z", ones(1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("unknown input 'z': expected [x]");
            assertThatThrownBy(() -> session.run(Map.of("x", Tensor.vector(1, 2, 3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("input 'x': expected FLOAT32 ?x3, found INT64 3");
            assertThatThrownBy(() -> session.run(Map.of("x", ones(1).reshape(Shape.of(3, 1)))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("input 'x': expected FLOAT32 ?x3, found FLOAT32 3x1");
            assertThatThrownBy(() -> session.describe(Map.of("x", Shape.of(3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("input 'x': expected FLOAT32 ?x3, found 3");
        }
    }

    @Test
    void namesEveryOperatorThatItCannotRun() {
        GraphBuilder b = new GraphBuilder("odd").opset("", 17).opset("ai.example", 3);
        String x = b.input("x", DType.FLOAT32, PartialShape.of(2));
        Opaque einsum = new Opaque("", "Einsum", Attributes.EMPTY);
        Opaque fancy = new Opaque("ai.example", "Fancy", Attributes.EMPTY);
        b.add(new Node("first", einsum, List.of(x), List.of("a")));
        b.add(new Node("second", EXP, List.of("a"), List.of("c")));
        b.add(new Node("third", fancy, List.of("c"), List.of("y")));
        Graph graph = b.output("y").build();
        assertThatThrownBy(() -> Session.open(graph))
                .isInstanceOfSatisfying(
                        UnsupportedOperatorException.class,
                        e -> {
                            assertThat(e.unsupported()).hasSize(2);
                            assertThat(e.unsupported().getFirst().operator()).isEqualTo("Einsum");
                            assertThat(e.unsupported().getFirst().opset()).isEqualTo(17);
                            assertThat(e.unsupported().getLast().operator()).isEqualTo("ai.example.Fancy");
                            assertThat(e.unsupported().getLast().node()).isEqualTo("third");
                        })
                .hasMessageContaining("graph 'odd' has 2 unsupported nodes")
                .hasMessageContaining("Einsum (opset 17) at node 'first'")
                .hasMessageContaining("ai.example.Fancy (opset 3) at node 'third'");
    }

    @Test
    void namesTheNodeWhoseOperandsDoNotFit() {
        GraphBuilder b = new GraphBuilder("bad");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(2));
        String y = b.input("y", DType.FLOAT32, PartialShape.of(3));
        b.add(new Node("sum", ADD, List.of(x, y), List.of("z")));
        Graph graph = b.output("z").build();
        assertThatThrownBy(() -> Session.open(graph))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("Add 'sum'");
    }

    @Test
    void namesTheNodeThatDoesNotFitTheShapesOfARun() {
        GraphBuilder b = new GraphBuilder("bad");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1));
        String y = b.input("y", DType.FLOAT32, PartialShape.of(-1));
        b.add(new Node("sum", ADD, List.of(x, y), List.of("z")));
        try (Session session = Session.open(b.output("z").build())) {
            Map<String, Tensor> inputs =
                    Map.of("x", Tensor.of(Shape.of(2), 1f, 2f), "y", Tensor.of(Shape.of(3), 1f, 2f, 3f));
            assertThatThrownBy(() -> session.run(inputs))
                    .isInstanceOf(GraphException.class)
                    .hasMessageContaining("Add 'sum'");
        }
    }

    @Test
    void refusesToWatchWhatIsNotThere() {
        SessionOptions options = SessionOptions.defaults().withWatchedValues(Set.of("nothing"));
        assertThatThrownBy(() -> Session.open(small(), options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("watched value 'nothing' is not in graph 'small'");
    }

    @Test
    void refusesOptionsOutOfRange() {
        SessionOptions options = SessionOptions.defaults();
        assertThatThrownBy(() -> options.withThreads(0)).hasMessage("threads: expected at least 1, found 0");
        assertThatThrownBy(() -> options.withPlanCacheSize(0))
                .hasMessage("plan cache size: expected at least 1, found 0");
    }

    @Test
    void aClosedSessionRefusesToRun() {
        Session session = Session.open(small());
        Tensor y = session.run(Map.of("x", ones(2))).get("y");
        session.close();
        session.close();
        assertThatThrownBy(() -> session.run(Map.of("x", ones(2))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the session of graph 'small' is closed");
        // Outputs are the caller's.
        assertThat(y.getFloat(5)).isCloseTo((float) Math.E + 1, within(1e-6f));
        assertThat(session.memoryBytes()).isZero();
    }

    @Test
    void outputsMayBelongToTheCaller() {
        try (Session session = Session.open(small())) {
            Tensor own;
            try (Arena arena = Arena.ofConfined()) {
                own = session.run(Map.of("x", ones(2)), arena).get("y");
                assertThat(own.toFloatArray())
                        .containsExactly(session.run(Map.of("x", ones(2))).get("y").toFloatArray());
            }
            assertThatThrownBy(() -> own.getFloat(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void closingWaitsForTheRunsThatGoOn() throws Exception {
        Session session = Session.open(small(), SessionOptions.defaults().withWatchedValues(Set.of("e")));
        CountDownLatch inListener = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Map<String, Tensor>> run =
                    threads.submit(() ->
                            session.run(
                                    Map.of("x", ones(2)),
                                    (_, _) -> {
                                        inListener.countDown();
                                        await(goOn);
                                    }));
            await(inListener);
            Future<?> close = threads.submit(session::close);
            assertThat(close.isDone()).isFalse();
            goOn.countDown();
            assertThat(run.get(1, TimeUnit.MINUTES)).containsKey("y");
            close.get(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void aListenerCannotCloseTheSessionOfItsOwnRun() {
        Session session = Session.open(small(), SessionOptions.defaults().withWatchedValues(Set.of("e")));
        assertThatThrownBy(() -> session.run(Map.of("x", ones(2)), (_, _) -> session.close()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot be closed by the listener");
        assertThat(session.run(Map.of("x", ones(2)))).containsKey("y");
        session.close();
    }

    @Test
    void listenersSeeEachWatchedValueOnceInOrder() {
        GraphBuilder b = new GraphBuilder("watched");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        String shape = b.constant("shape", Tensor.vector(3, -1));
        b.add(new Node("exp", EXP, List.of(x), List.of("e")));
        b.add(new Node("view", new Reshape(false), List.of("e", shape), List.of("v")));
        b.add(new Node("relu", Unary.of(UnaryFunction.RELU), List.of("v"), List.of("r")));
        b.add(new Node("neg", Unary.of(UnaryFunction.NEG), List.of("r"), List.of("y")));
        Set<String> watched = Set.of("x", "shape", "e", "v", "r", "y");
        Map<String, Tensor> seen = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        try (Session session =
                Session.open(b.output("y").build(), SessionOptions.defaults().withWatchedValues(watched))) {
            Map<String, Tensor> inputs = Map.of("x", Tensor.of(Shape.of(1, 3), 0f, 1f, 2f));
            Map<String, Tensor> outputs =
                    session.run(
                            inputs,
                            (name, tensor) -> {
                                names.add(name);
                                seen.put(name, tensor.copy());
                            });
            assertThat(outputs.keySet()).containsExactly("y");
            // A run without a listener computes the same.
            TensorAssert.assertThat(session.run(inputs).get("y")).isIdenticalTo(outputs.get("y"));
        }
        assertThat(names).containsExactlyInAnyOrderElementsOf(watched);
        assertThat(names.subList(names.indexOf("e"), names.size())).containsExactly("e", "v", "r", "y");
        assertThat(seen.get("x").toFloatArray()).containsExactly(0, 1, 2);
        assertThat(seen.get("v").shape()).isEqualTo(Shape.of(3, 1));
        assertThat(seen.get("v").getFloat(1)).isEqualTo(seen.get("e").getFloat(1));
        assertThat(seen.get("shape").toLongArray()).containsExactly(3, -1);
    }

    @Test
    void watchedTensorsCannotBeWritten() {
        try (Session session = Session.open(small(), SessionOptions.defaults().withWatchedValues(Set.of("e")))) {
            assertThatThrownBy(() -> session.run(Map.of("x", ones(1)), (_, tensor) -> tensor.setFloat(0, 7)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void keepsThePlansUsedLast() {
        try (Session session = Session.open(small(), SessionOptions.defaults().withPlanCacheSize(2))) {
            for (int rows = 1; rows <= 20; rows++) {
                session.run(Map.of("x", ones(rows)));
            }
            long two =
                    session.describe(Map.of("x", Shape.of(19, 3))).memoryBytes()
                            + session.describe(Map.of("x", Shape.of(20, 3))).memoryBytes();
            assertThat(session.memoryBytes()).isEqualTo(two);
        }
    }

    @Test
    void manyThreadsAndShapesGiveTheSameResults() throws Exception {
        Graph graph = TwoBranches.graph();
        List<Map<String, Tensor>> inputs = new ArrayList<>();
        List<Map<String, Tensor>> expected = new ArrayList<>();
        try (Session alone = Session.open(graph, SessionOptions.defaults().withThreads(1))) {
            for (int size = 8; size < 20; size++) {
                inputs.add(TwoBranches.inputs(Generator.of(size), size));
                expected.add(alone.run(inputs.getLast()));
            }
        }
        // Fewer plans than shapes, so that plans come and go while others run them.
        SessionOptions options = SessionOptions.defaults().withThreads(3).withPlanCacheSize(4);
        try (Session session = Session.open(graph, options);
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 240; i++) {
                int index = i * 7 % inputs.size();
                runs.add(
                        threads.submit(() -> {
                            Map<String, Tensor> found = session.run(inputs.get(index));
                            found.forEach((name, tensor) ->
                                    TensorAssert.assertThat(tensor).isIdenticalTo(expected.get(index).get(name)));
                        }));
            }
            for (Future<?> run : runs) {
                run.get(2, TimeUnit.MINUTES);
            }
        }
    }

    @Test
    void shapesThatDependOnDataAreFoundDuringTheRun() {
        Runs runs = new Runs();
        Generator g = Generator.of(3);
        String x = runs.input("x", g.floats(Shape.of(6, 4), -1, 1));
        String limit = runs.input("limit", Tensor.scalar(5L));
        String zero = runs.graph.constant("zero", Tensor.scalar(0L));
        String one = runs.graph.constant("one", Tensor.scalar(1L));
        String rows = runs.graph.add(new Range(), zero, limit, one);
        String picked = runs.graph.add(new Gather(0), x, rows);
        String y = runs.graph.add(EXP, picked);
        String fixed = runs.graph.add(EXP, x);
        assertThat(runs.check(y, fixed))
                .containsExactlyInAnyOrder("Range dynamic", "Gather dynamic", "Exp dynamic", "Exp kernel");
    }

    @Test
    void reshapesToAShapeGivenAsInput() {
        Runs runs = new Runs();
        Generator g = Generator.of(3);
        String x = runs.input("x", g.floats(Shape.of(6, 4), -1, 1));
        String shape = runs.input("shape", Tensor.vector(3, 8));
        String y = runs.graph.add(new Reshape(false), runs.graph.add(EXP, x), shape);
        assertThat(runs.check(y)).containsExactly("Exp kernel", "Reshape dynamic");
    }

    @Test
    void shapeArithmeticFoldsAndReshapesCostNothing() {
        Runs runs = new Runs();
        Generator g = Generator.of(3);
        String x = runs.input("x", g.floats(Shape.of(6, 4), -1, 1));
        String flat = runs.graph.constant("flat", Tensor.vector(-1));
        String y = runs.graph.add(new Reshape(false), runs.graph.add(EXP, x), flat);
        String back = runs.graph.add(new Reshape(false), y, runs.graph.add(new ShapeOf(0, null), x));
        String moved = runs.graph.constant("moved", Tensor.vector(1, 6, 1, 4));
        String tall = runs.graph.add(new Reshape(false), back, moved);
        // Only axes of extent 1 move.
        String z = runs.graph.add(new Transpose(List.of(1L, 0L, 2L, 3L)), tall);
        assertThat(runs.check(runs.graph.add(EXP, z), y)).containsExactly("Exp kernel", "Exp kernel");
    }

    @Test
    void outputsMayBeInputsConstantsAndViews() {
        GraphBuilder b = new GraphBuilder("plain");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        b.constant("c", Tensor.vector(4, 5));
        b.add(new Node("view", new Reshape(false), List.of(x, b.constant("s", Tensor.vector(3, -1))), List.of("v")));
        Graph graph = b.output(x).output("c").output("v").build();
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f));
        assertThat(Runs.check(graph, inputs, SessionOptions.defaults())).isEmpty();
    }

    @Test
    void inputsOfWhichOnlyTheShapeCountsNeedNoMemory() {
        GraphBuilder b = new GraphBuilder("shape");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, -1));
        b.add(new Node("shape", new ShapeOf(0, null), List.of(x), List.of("s")));
        try (Session session = Session.open(b.output("s").build())) {
            assertThat(session.run(Map.of("x", ones(4))).get("s").toLongArray()).containsExactly(4, 3);
            assertThat(session.describe(Map.of("x", Shape.of(4, 3))).memoryBytes()).isZero();
        }
    }

    @Test
    void emptyTensorsRun() {
        Runs runs = new Runs();
        String x = runs.input("x", Tensor.allocate(DType.FLOAT32, Shape.of(0, 3)));
        String y = runs.graph.add(ADD, runs.graph.add(EXP, x), x);
        runs.check(y);
    }

    @Test
    void outputsThatNobodyReadsNeedNoName() {
        Runs runs = new Runs();
        Generator g = Generator.of(3);
        String x = runs.input("x", g.floats(Shape.of(1, 2, 4, 4), -1, 1));
        Pool pool = new Pool(PoolFunction.MAX, Window.of(2, 2), false, false, false, 2);
        runs.graph.add(new Node("pool", pool, List.of(x), List.of("y", "")));
        assertThat(runs.check("y")).containsExactly("MaxPool kernel");
    }

    @Test
    void profilesItsSteps() {
        try (Session session = Session.open(small())) {
            List<PlanDescription.Timing> timings = session.profile(Map.of("x", ones(5)), 3);
            assertThat(timings).singleElement().matches(t -> t.nanos() > 0);
            assertThat(timings.getFirst().step().node()).isEqualTo("exp");
            assertThat(timings.getFirst().step().operator()).isEqualTo("Exp+Add");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
