package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class EpilogueChainTest {
    private record Site(Graph graph, int known) implements EpilogueChain.Site {
        @Override
        public @Nullable Node next(String value) {
            List<Node> readers = graph.consumers(value);
            return readers.size() == 1 ? readers.getFirst() : null;
        }

        @Override
        public @Nullable Tensor constant(String value) {
            return graph.constants().get(value);
        }

        @Override
        public int rank(String value) {
            return known;
        }

        @Override
        public boolean accepts(Node node, Epilogue function) {
            return function.function() != UnaryFunction.EXP;
        }
    }

    private final PassCase c = new PassCase(1);
    private final String x = c.input("x", 2, 3);

    private EpilogueChain follow(String last, int rank) {
        return EpilogueChain.after("x", new Site(c.build(last), rank));
    }

    @Test
    void aFunctionThenAFactorThenATermJoin() {
        String relu = c.unary(UnaryFunction.RELU, x);
        String scaled = c.binary(BinaryFunction.MUL, c.scalar(3), relu);
        String shifted = c.binary(BinaryFunction.ADD, scaled, c.scalar(-1));
        EpilogueChain chain = follow(c.binary(BinaryFunction.ADD, shifted, c.scalar(5)), 2);
        assertThat(chain.epilogue()).isEqualTo(new Epilogue(UnaryFunction.RELU, 0, 0, 3, -1));
        assertThat(chain.nodes()).hasSize(3);
        assertThat(chain.value()).isEqualTo(shifted);
    }

    @Test
    void aTermBeforeAFactorEndsTheChain() {
        String shifted = c.binary(BinaryFunction.ADD, x, c.scalar(2));
        EpilogueChain chain = follow(c.binary(BinaryFunction.MUL, shifted, c.scalar(3)), 2);
        assertThat(chain.epilogue()).isEqualTo(Epilogue.NONE.withAffine(1, 2));
        assertThat(chain.value()).isEqualTo(shifted);
    }

    @Test
    void aFunctionThatTheSiteRefusesEndsTheChain() {
        EpilogueChain chain = follow(c.unary(UnaryFunction.EXP, x), 2);
        assertThat(chain).isEqualTo(new EpilogueChain(List.of(), Epilogue.NONE, "x"));
    }

    @Test
    void boundsOfClipHaveToBeConstant() {
        String bound = c.input("bound");
        String clipped = c.add(new Clip(), x, c.scalar(-1), c.scalar(6));
        EpilogueChain chain = follow(c.add(new Clip(), clipped, bound), 2);
        assertThat(chain.epilogue()).isEqualTo(Epilogue.clip(-1, 6));
        Graph graph = c.builder.build();
        assertThat(EpilogueChain.function(graph.nodes().getLast(), v -> graph.constants().get(v))).isNull();
    }

    @Test
    void aNumberThatAddsAnAxisDoesNotJoin() {
        String scaled = c.binary(BinaryFunction.MUL, x, c.constant("three", 3.0, 4.0, 1, 1, 1));
        c.build(scaled);
        Graph graph = c.builder.build();
        assertThat(EpilogueChain.after("x", new Site(graph, 2)).nodes()).isEmpty();
        assertThat(EpilogueChain.after("x", new Site(graph, -1)).nodes()).isEmpty();
        assertThat(EpilogueChain.after("x", new Site(graph, 3)).nodes()).hasSize(1);
    }

    @Test
    void aVectorAndTheValueItselfAreNoNumbers() {
        assertThat(follow(c.binary(BinaryFunction.MUL, x, c.constant("row", 3)), 2).nodes()).isEmpty();
        PassCase squared = new PassCase(2);
        String y = squared.input("x", 2, 3);
        Graph graph = squared.build(squared.binary(BinaryFunction.MUL, y, y));
        assertThat(EpilogueChain.after("x", new Site(graph, 2)).nodes()).isEmpty();
    }
}
