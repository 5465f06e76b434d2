package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What follows a product joins its kernel, unless somebody else needs the value between.
class FusionLoweringTest {
    private final Generator g = Generator.of(99);
    private final Runs runs = new Runs();
    private final Binary add = new Binary(BinaryFunction.ADD);
    private final Unary relu = Unary.of(UnaryFunction.RELU);

    private String conv(String x, long in, long out) {
        Tensor weights = g.floats(Shape.of(out, in, 3, 3), -1, 1);
        String w = runs.graph.freshConstant("w", weights);
        return runs.graph.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1), x, w);
    }

    private String image(String name) {
        return runs.input(name, g.floats(Shape.of(2, 4, 6, 7), -1, 1));
    }

    @Test
    void convolutionWithBiasResidualAndActivation() {
        String x = image("x");
        String w = runs.graph.constant("w", g.floats(Shape.of(4, 2, 3, 3), -1, 1));
        String bias = runs.graph.constant("bias", g.floats(Shape.of(4), -1, 1));
        String y = runs.graph.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 2), x, w, bias);
        String z = runs.graph.add(relu, runs.graph.add(add, x, y));
        assertThat(runs.check(z)).containsExactly("Conv+Add+Relu kernel");
    }

    @Test
    void twoConvolutionsThatAreAdded() {
        String x = image("x");
        String sum = runs.graph.add(add, conv(x, 4, 5), conv(x, 4, 5));
        assertThat(runs.check(runs.graph.add(relu, sum))).containsExactly("Conv kernel", "Conv+Add+Relu kernel");
    }

    @Test
    void theOtherSummandMayComeLater() {
        String x = image("x");
        String y = conv(x, 4, 4);
        String late = runs.graph.add(Unary.of(UnaryFunction.SIN), x);
        assertThat(runs.check(runs.graph.add(add, y, late))).containsExactly("Sin kernel", "Conv+Add kernel");
    }

    @Test
    void aSumWithItselfIsNoResidual() {
        String y = conv(image("x"), 4, 4);
        assertThat(runs.check(runs.graph.add(add, y, y))).containsExactly("Conv kernel", "Add kernel");
    }

    @Test
    void aSummandThatBroadcastsIsNoResidual() {
        String y = conv(image("x"), 4, 4);
        String row = runs.input("row", g.floats(Shape.of(7), -1, 1));
        assertThat(runs.check(runs.graph.add(add, y, row))).containsExactly("Conv kernel", "Add kernel");
    }

    @Test
    void aSumThatGrowsIsNoResidual() {
        String y =
                runs.graph.add(
                        new MatMul(),
                        runs.input("a", g.floats(Shape.of(1, 3), -1, 1)),
                        runs.graph.constant("b", g.floats(Shape.of(3, 4), -1, 1)));
        String tall = runs.graph.constant("tall", g.floats(Shape.of(5, 4), -1, 1));
        assertThat(runs.check(runs.graph.add(add, y, tall))).allMatch(s -> !s.contains("+"));
    }

    @Test
    void aValueReadTwiceStays() {
        String y = conv(image("x"), 4, 4);
        String a = runs.graph.add(relu, y);
        String b = runs.graph.add(Unary.of(UnaryFunction.TANH), y);
        assertThat(runs.check(a, b)).containsExactlyInAnyOrder("Conv kernel", "Relu kernel", "Tanh kernel");
    }

    @Test
    void anOutputStays() {
        String y = conv(image("x"), 4, 4);
        assertThat(runs.check(y, runs.graph.add(relu, y))).containsExactly("Conv kernel", "Relu kernel");
    }

    @Test
    void aWatchedValueStays() {
        Tensor x = g.floats(Shape.of(2, 4, 6, 7), -1, 1);
        String y = conv(runs.input("x", x), 4, 4);
        runs.graph.output(runs.graph.add(relu, y));
        SessionOptions options = SessionOptions.defaults().withWatchedValues(Set.of(y));
        assertThat(Runs.check(runs.graph.build(), Map.of("x", x), options))
                .containsExactly("Conv kernel", " listener", "Relu kernel");
    }

    @Test
    void clipWithConstantBoundsIsAnActivation() {
        String y = conv(image("x"), 4, 4);
        String low = runs.graph.constant("low", Tensor.scalar(0f));
        String high = runs.graph.constant("high", Tensor.scalar(1f));
        assertThat(runs.check(runs.graph.add(new Clip(), y, low, high))).containsExactly("Conv+Clip kernel");
    }

    @Test
    void attentionScoresWithTheirScale() {
        String q = runs.input("q", g.floats(Shape.of(2, 3, 5, 4), -1, 1));
        String k = runs.input("k", g.floats(Shape.of(2, 3, 4, 5), -1, 1));
        String mask = runs.input("mask", g.floats(Shape.of(2, 1, 1, 5), -1, 1));
        String scale = runs.graph.constant("scale", Tensor.scalar(2f));
        String scores = runs.graph.add(new Binary(BinaryFunction.DIV), runs.graph.add(new MatMul(), q, k), scale);
        assertThat(runs.check(runs.graph.add(add, scores, mask))).containsExactly("MatMul+Div kernel", "Add kernel");
    }

    @Test
    void linearLayerWithEverything() {
        String x = runs.input("x", g.floats(Shape.of(2, 5, 6), -1, 1));
        String w = runs.graph.constant("w", g.floats(Shape.of(6, 6), -1, 1));
        String b = runs.graph.constant("b", g.floats(Shape.of(6), -1, 1));
        String y = runs.graph.add(add, b, runs.graph.add(new MatMul(), x, w));
        String z = runs.graph.add(Unary.of(UnaryFunction.GELU), runs.graph.add(add, y, x));
        assertThat(runs.check(z)).containsExactly("MatMul+Add+Add+Gelu kernel");
    }

    @Test
    void gemmWithBiasTakesAResidual() {
        String x = runs.input("x", g.floats(Shape.of(5, 6), -1, 1));
        String w = runs.graph.constant("w", g.floats(Shape.of(6, 6), -1, 1));
        String b = runs.graph.constant("b", g.floats(Shape.of(6), -1, 1));
        String y = runs.graph.add(new Gemm(1, 1, false, true), x, w, b);
        assertThat(runs.check(runs.graph.add(relu, runs.graph.add(add, y, x)))).containsExactly("Gemm+Add+Relu kernel");
    }

    @Test
    void gemmThatAddsAMatrixTakesNoResidual() {
        String x = runs.input("x", g.floats(Shape.of(5, 6), -1, 1));
        String w = runs.graph.constant("w", g.floats(Shape.of(6, 6), -1, 1));
        String y = runs.graph.add(new Gemm(1, 1, false, true), x, w, x);
        List<String> steps = runs.check(runs.graph.add(relu, runs.graph.add(add, y, x)));
        assertThat(steps).containsExactly("Gemm kernel", "Add+Relu kernel");
    }

    @Test
    void aSumAndItsActivation() {
        String sum = runs.graph.add(add, image("x"), image("y"));
        assertThat(runs.check(runs.graph.add(relu, sum))).containsExactly("Add+Relu kernel");
    }

    @Test
    void aResidualJoinsTheNormalizationThatAloneReadsIt() {
        for (boolean bias : new boolean[] {false, true}) {
            FusionLoweringTest test = new FusionLoweringTest();
            assertThat(test.runs.check(test.normalized(Shape.of(2, 3, 7), bias)))
                    .containsExactly("Add+LayerNormalization kernel");
        }
        String sum = normalized(Shape.of(2, 3, 7), true);
        String same = runs.graph.build().producer(sum).orElseThrow().input(0);
        assertThat(runs.check(sum, same)).containsExactly("Add kernel", "LayerNormalization kernel");
    }

    @Test
    void aSummandThatBroadcastsIsAddedBeforeNormalization() {
        assertThat(runs.check(normalized(Shape.of(7), true)))
                .containsExactly("Add kernel", "LayerNormalization kernel");
    }

    private String normalized(Shape other, boolean bias) {
        String x = runs.input("x", g.floats(Shape.of(2, 3, 7), -1, 1));
        String sum = runs.graph.add(add, runs.input("other", g.floats(other, -1, 1)), x);
        String scale = runs.graph.constant("scale", g.floats(Shape.of(7), -1, 1));
        LayerNormalization norm = new LayerNormalization(-1, 1e-5f);
        return bias
                ? runs.graph.add(norm, sum, scale, runs.graph.constant("bias", g.floats(Shape.of(7), -1, 1)))
                : runs.graph.add(norm, sum, scale);
    }
}
