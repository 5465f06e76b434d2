package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.NonZero;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A graph that asks for more memory than a run may take is refused before it takes any.
class MemoryLimitTest {
    private static final SessionOptions MEGABYTE = SessionOptions.defaults().withMemoryLimit(1 << 20);

    /// Two values of `extent` floats at the same time.
    private static Graph expanding(long extent) {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(1));
        String shape = builder.constant("shape", Tensor.vector(extent));
        String wide = builder.add(new Expand(), "x", shape);
        builder.output(builder.add(Unary.of(UnaryFunction.EXP), wide));
        return builder.build();
    }

    private static Map<String, Tensor> run(Graph graph, SessionOptions options, Map<String, Tensor> inputs) {
        try (Session session = Session.open(graph, options)) {
            return session.run(inputs);
        }
    }

    private static final Map<String, Tensor> ONE = Map.of("x", Tensor.of(Shape.of(1), 1f));

    @Test
    void whatFitsRuns() {
        assertThat(run(expanding(100_000), MEGABYTE, ONE)).hasSize(1);
    }

    @Test
    void theLargestValueIsNamed() {
        assertThatThrownBy(() -> run(expanding(300_000), MEGABYTE, ONE))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("Expand_output' of FLOAT32 300000")
                .hasMessageContaining("a run would need 1200000 bytes, more than the memory limit of 1048576");
    }

    @Test
    void withoutALimitTheVirtualMachineRefuses() {
        assertThatThrownBy(() -> run(expanding(1L << 40), SessionOptions.defaults(), ONE))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("which the Java virtual machine refuses");
        assertThatThrownBy(() -> run(expanding(1L << 50), SessionOptions.defaults(), ONE))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("more than the memory limit");
    }

    @Test
    void shapesThatDependOnDataCountToo() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(-1, -1));
        builder.output(builder.add(new NonZero(), "x"));
        Tensor ones = Tensor.allocate(DType.BOOL, Shape.of(300, 300));
        for (long i = 0; i < ones.elementCount(); i++) {
            ones.setLong(i, 1);
        }
        assertThatThrownBy(() -> run(builder.build(), MEGABYTE, Map.of("x", ones.cast(DType.FLOAT32))))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("INT64 2x90000: a run would need 1440000 bytes");
    }

    /// Each trip fits, but not beside what its node is given.
    @Test
    void whatRunsAroundAGraphCounts() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        body.input("go", DType.BOOL, PartialShape.of());
        body.input("v", DType.FLOAT32, PartialShape.of(-1));
        body.output("go");
        body.output(body.add(new Concat(0), "v", "v"));
        GraphBuilder builder = new GraphBuilder("g");
        builder.input("x", DType.FLOAT32, PartialShape.of(-1));
        builder.input("trips", DType.INT64, PartialShape.of());
        String twice = builder.add(Unary.of(UnaryFunction.NEG), "x");
        builder.add(new Node("loop", new Loop(body.build()), List.of("trips", "", twice), List.of("y")));
        builder.output("y");
        Tensor x = Tensor.allocate(DType.FLOAT32, Shape.of(1050));
        // The seventh trip is given 268800 bytes, and its own values are as many and twice as many.
        assertThat(run(builder.build(), MEGABYTE, Map.of("x", x, "trips", Tensor.of(Shape.SCALAR, 6L)))).hasSize(1);
        assertThatThrownBy(() -> run(builder.build(), MEGABYTE, Map.of("x", x, "trips", Tensor.of(Shape.SCALAR, 7L))))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("in Loop 'loop': the values of its graph and those around it")
                .hasMessageContaining("more than the memory limit of 1048576");
    }

    @Test
    void unreasonableLimitsAreRefused() {
        assertThatThrownBy(() -> SessionOptions.defaults().withMemoryLimit(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("memory limit: expected 1 to");
    }
}
