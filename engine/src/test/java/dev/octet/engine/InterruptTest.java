package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

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
                        .hasMessage("in Loop 'loop': the run takes longer than the time limit of 0.2 s");
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
