package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A model may compute for ever; the thread that runs it can be told to stop, and a run has a time limit.
class InterruptTest {
    private static final Map<String, Tensor> ONE = Map.of("x", Tensor.of(Shape.of(1), 1f));

    /// A loop without a limit whose condition stays true.
    private static Graph endless() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        body.input("condition", DType.BOOL, PartialShape.of());
        body.input("state", DType.FLOAT32, PartialShape.of(1));
        body.output(new ValueInfo(body.add(new Identity(), "condition"), TypeInfo.of(DType.BOOL, Shape.SCALAR)));
        body.output(
                new ValueInfo(body.add(Unary.of(UnaryFunction.SIN), "state"), TypeInfo.of(DType.FLOAT32, Shape.of(1))));
        return looping(body.build());
    }

    private static Graph looping(Graph body) {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(1));
        builder.add(new Node("loop", new Loop(body), List.of("", "", "x"), List.of("y")));
        builder.output("y");
        return builder.build();
    }

    @Test
    void anEndlessLoopStops() throws Exception {
        try (Session session = Session.open(endless());
                ExecutorService executor = Executors.newSingleThreadExecutor()) {
            var ended =
                    executor.submit(() -> {
                        assertThatThrownBy(() -> session.run(ONE)).isInstanceOf(CancellationException.class);
                        return Thread.currentThread().isInterrupted();
                    });
            executor.shutdownNow();
            assertThat(ended.get(60, TimeUnit.SECONDS)).as("the thread stays interrupted").isTrue();
        }
    }

    @Test
    void anEndlessLoopEndsAtTheTimeLimit() {
        SessionOptions options = SessionOptions.defaults().withTimeLimit(Duration.ofMillis(200));
        try (Session session = Session.open(endless(), options)) {
            for (int repeat = 0; repeat < 2; repeat++) {
                assertThatThrownBy(() -> session.run(ONE))
                        .isInstanceOf(GraphException.class)
                        .hasMessageStartingWith("in Loop 'loop': ")
                        .hasMessageEndingWith("the run takes longer than the time limit of 0.2 s");
            }
        }
    }

    /// Without a node inside, nothing runs between two trips.
    @Test
    void soDoesOneWithNothingInside() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        body.output(body.input("condition", DType.BOOL, PartialShape.of()));
        body.output(body.input("state", DType.FLOAT32, PartialShape.of(1)));
        Graph graph = looping(body.build());
        try (Session session = Session.open(graph, SessionOptions.defaults().withTimeLimit(Duration.ofMillis(50)))) {
            assertThatThrownBy(() -> session.run(ONE)).hasMessageContaining("time limit of 0.05 s");
        }
    }

    /// One window as large as its image, the product of large matrices, and an elimination, which reads its operand
    /// only before it begins: each of them takes minutes, and their operands are soon copied even on a busy machine.
    static List<Arguments> longOperators() {
        Attributes half = Attributes.builder().put("kernel_shape", List.of(1250L, 1250L)).build();
        return List.of(
                Arguments.of("MaxPool", half, List.of(Shape.of(1, 1, 2500, 2500))),
                Arguments.of("LpPool", half, List.of(Shape.of(1, 1, 2500, 2500))),
                Arguments.of("Conv", Attributes.EMPTY, List.of(Shape.of(1, 1, 1600, 1600), Shape.of(1, 1, 800, 800))),
                Arguments.of("Det", Attributes.EMPTY, List.of(Shape.of(3000, 3000))),
                Arguments.of(
                        "LRN", Attributes.builder().put("size", 50_000L).build(), List.of(Shape.of(1, 100_000, 20))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("longOperators")
    void oneLongOperatorEndsAtTheTimeLimit(String type, Attributes attributes, List<Shape> operands) {
        for (boolean constant : new boolean[] {false, true}) {
            GraphBuilder builder = new GraphBuilder("g");
            Map<String, Tensor> inputs = new HashMap<>();
            List<String> names = new ArrayList<>();
            for (Shape shape : operands) {
                Tensor tensor = Generator.of(names.size()).floats(shape, 0, 1);
                String name = "x" + names.size();
                if (constant) {
                    builder.constant(name, tensor);
                } else {
                    builder.input(name, DType.FLOAT32, PartialShape.of(shape));
                    inputs.put(name, tensor);
                }
                names.add(name);
            }
            builder.add(new Node("long", Operators.read("", type, attributes), names, List.of("y")));
            builder.output("y");
            SessionOptions options = SessionOptions.defaults().withTimeLimit(Duration.ofSeconds(1));
            try (Session session = Session.open(builder.build(), options)) {
                assertThatThrownBy(() -> session.run(inputs))
                        .isInstanceOf(GraphException.class)
                        .hasMessage(type + " 'long': the run takes longer than the time limit of 1.0 s");
            }
        }
    }

    /// The memory that a run has lost is no other run's.
    @Test
    void aSessionWhoseRunWasEndedRunsOn() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(1, 1, -1, -1));
        builder.input("w", DType.FLOAT32, PartialShape.of(1, 1, -1, -1));
        builder.add(new Node("conv", Operators.read("", "Conv", Attributes.EMPTY), List.of("x", "w"), List.of("y")));
        builder.output("y");
        Map<String, Tensor> large = Map.of("x", ones(1600), "w", ones(800));
        Map<String, Tensor> small = Map.of("x", ones(3), "w", ones(2));
        SessionOptions options = SessionOptions.defaults().withTimeLimit(Duration.ofSeconds(1));
        try (Session session = Session.open(builder.build(), options)) {
            for (int repeat = 0; repeat < 2; repeat++) {
                assertThatThrownBy(() -> session.run(large)).hasMessageContaining("time limit");
                assertThat(session.run(small).get("y").toFloatArray()).containsExactly(4, 4, 4, 4);
            }
        }
    }

    private static Tensor ones(int extent) {
        float[] values = new float[extent * extent];
        Arrays.fill(values, 1);
        return Tensor.of(Shape.of(1, 1, extent, extent), values);
    }

    @Test
    void limitsArePositive() {
        assertThatThrownBy(() -> SessionOptions.defaults().withTimeLimit(Duration.ZERO))
                .hasMessageStartingWith("time limit: expected a positive one, at most");
        assertThatThrownBy(() -> SessionOptions.defaults().withTimeLimit(Duration.ofDays(100_000)))
                .hasMessageContaining("found PT2400000H");
    }

    @Test
    void aRunDoesNotBegin() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(1));
        builder.output(builder.add(Unary.of(UnaryFunction.SIN), "x"));
        try (Session session = Session.open(builder.build())) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> session.run(ONE)).isInstanceOf(CancellationException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
