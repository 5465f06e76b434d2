package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpandCompositesTest {
    private static final Op FAST_GELU = Operators.read("com.microsoft", "FastGelu", Attributes.EMPTY);
    private static final Op ATTENTION =
            Operators.read("com.microsoft", "Attention", Attributes.builder().put("num_heads", 2L).build());

    private static boolean hasComposite(Graph graph) {
        return graph.nodes().stream().anyMatch(n -> n.op() instanceof Composite);
    }

    @Test
    void computesWhatTheOperatorItselfEvaluatesTo() {
        PassCase c = new PassCase(3);
        String x = c.input("x", 2, 3, 5);
        c.named("y", ATTENTION, x, c.constant("weights", 5, 24), c.constant("bias", 24));
        Graph graph = c.build("y");

        Graph expanded = c.check(new ExpandComposites(), graph);

        assertThat(hasComposite(expanded)).isFalse();
        assertThat(ShapeInference.infer(expanded).shape("y")).isEqualTo(ShapeInference.infer(graph).shape("y"));
    }

    @Test
    void waitsForTheRankOfTheOperands() {
        PassCase c = new PassCase(3);
        String x = c.builder.input("x", DType.FLOAT32, null);
        c.named("y", ATTENTION, x, c.constant("weights", 5, 24), c.constant("bias", 24));

        assertThat(hasComposite(new ExpandComposites().apply(c.build("y")))).isTrue();
    }

    @Test
    void keepsNamesOfResultsAndTellsCopiesApart() {
        PassCase c = new PassCase(3);
        GraphBuilder builder = c.builder;
        String x = c.input("x", 4);
        String bias = c.constant("constant", 4);
        builder.add(new Node("first", FAST_GELU, List.of(x, bias), List.of("h")));
        builder.add(new Node("second", FAST_GELU, List.of("h", bias), List.of("y")));

        Graph expanded = c.check(new ExpandComposites(), c.build("h", "y"));

        assertThat(PassCase.types(expanded)).containsExactly("Add", "Gelu", "Add", "Gelu");
        assertThat(expanded.producer("h").orElseThrow().name()).startsWith("first/");
        assertThat(expanded.producer("y").orElseThrow().name()).startsWith("second/");
    }
}
