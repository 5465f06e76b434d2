package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

final class FusionTest {
    private static String relu6(PassCase c, String x) {
        return c.add(new Clip(), c.binary(BinaryFunction.ADD, x, c.scalar(3)), c.scalar(0), c.scalar(6));
    }

    private static String mul(PassCase c, String a, String b) {
        return c.binary(BinaryFunction.MUL, a, b);
    }

    private static void fusesTo(String type, Pass pass, List<BiFunction<PassCase, String, String>> spellings) {
        for (int i = 0; i < spellings.size(); i++) {
            PassCase c = new PassCase(i);
            String y = spellings.get(i).apply(c, c.input("x", 3, 50));
            Graph after = c.check(pass, c.build(y));
            assertThat(PassCase.types(after)).as("spelling %d", i).containsExactly(type);
            assertThat(after.nodes().getFirst().inputs()).as("spelling %d", i).startsWith("x");
        }
    }

    @Test
    void hardSwish() {
        fusesTo(
                "HardSwish",
                new FuseHardSwish(),
                List.of(
                        (c, x) -> c.binary(BinaryFunction.DIV, mul(c, x, relu6(c, x)), c.scalar(6)),
                        (c, x) -> mul(c, mul(c, relu6(c, x), x), c.scalar(1 / 6.0)),
                        (c, x) -> mul(c, x, c.binary(BinaryFunction.DIV, relu6(c, x), c.scalar(6))),
                        (c, x) -> mul(c, mul(c, x, c.scalar(0.16666670143604279)), relu6(c, x)),
                        (c, x) -> mul(c, c.add(new Unary(UnaryFunction.HARD_SIGMOID, 1 / 6f, 0.5f), x), x)));
    }

    @Test
    void almostHardSwishStays() {
        List<BiFunction<PassCase, String, String>> spellings =
                List.of(
                        (c, x) -> c.binary(BinaryFunction.DIV, mul(c, x, relu6(c, x)), c.scalar(6.1)),
                        (c, x) -> c.binary(BinaryFunction.DIV, c.scalar(6), mul(c, x, relu6(c, x))),
                        (c, x) -> mul(c, x, relu6(c, x)),
                        (c, x) ->
                                c.binary(
                                        BinaryFunction.DIV,
                                        mul(c, c.unary(UnaryFunction.ABS, x), relu6(c, x)),
                                        c.scalar(6)),
                        (c, x) -> mul(c, x, c.add(new Unary(UnaryFunction.HARD_SIGMOID, 0.2f, 0.5f), x)));
        for (BiFunction<PassCase, String, String> spelling : spellings) {
            PassCase c = new PassCase(1);
            Graph graph = c.build(spelling.apply(c, c.input("x", 3, 5)));
            assertThat(new FuseHardSwish().apply(graph)).isSameAs(graph);
        }
    }

    @Test
    void aFormulaWhoseInsideIsReadStays() {
        PassCase c = new PassCase(2);
        String x = c.input("x", 3, 5);
        String inside = relu6(c, x);
        String y = c.binary(BinaryFunction.DIV, mul(c, x, inside), c.scalar(6));
        Graph read = c.build(c.binary(BinaryFunction.ADD, y, inside));
        assertThat(new FuseHardSwish().apply(read)).isSameAs(read);
        Graph isOutput = read.toBuilder().outputs(List.of()).output(y).output(inside).build();
        assertThat(PassCase.types(new FuseHardSwish().apply(isOutput))).contains("Clip");
    }

    private static String onePlus(PassCase c, String x) {
        return c.binary(BinaryFunction.ADD, c.scalar(1), x);
    }

    private static String erfGate(PassCase c, String x) {
        return onePlus(c, c.unary(UnaryFunction.ERF, c.binary(BinaryFunction.DIV, x, c.scalar(1.4142135381698608))));
    }

    @Test
    void geluByTheErrorFunction() {
        fusesTo(
                "Gelu",
                new FuseGelu(),
                List.of(
                        (c, x) -> mul(c, mul(c, x, erfGate(c, x)), c.scalar(0.5)),
                        (c, x) -> mul(c, mul(c, c.scalar(0.5), x), erfGate(c, x)),
                        (c, x) -> mul(c, x, mul(c, erfGate(c, x), c.scalar(0.5))),
                        (c, x) ->
                                mul(
                                        c,
                                        mul(c, x, c.scalar(0.5)),
                                        onePlus(c, c.unary(UnaryFunction.ERF, mul(c, x, c.scalar(Math.sqrt(0.5))))))));
    }

    @Test
    void geluByTanh() {
        BiFunction<PassCase, String, String> cubic =
                (c, x) -> {
                    String cube = c.binary(BinaryFunction.POW, x, c.scalar(3));
                    String sum = c.binary(BinaryFunction.ADD, x, mul(c, c.scalar(0.044715), cube));
                    return mul(c, sum, c.scalar(Math.sqrt(2 / Math.PI)));
                };
        BiFunction<PassCase, String, String> factored =
                (c, x) -> {
                    String square = mul(c, mul(c, x, x), c.scalar(0.044715));
                    return mul(c, mul(c, x, c.scalar(Math.sqrt(2 / Math.PI))), onePlus(c, square));
                };
        fusesTo(
                "Gelu",
                new FuseGelu(),
                List.of(
                        (c, x) ->
                                mul(
                                        c,
                                        mul(c, x, c.scalar(0.5)),
                                        onePlus(c, c.unary(UnaryFunction.TANH, cubic.apply(c, x)))),
                        (c, x) ->
                                mul(
                                        c,
                                        mul(c, x, onePlus(c, c.unary(UnaryFunction.TANH, factored.apply(c, x)))),
                                        c.scalar(0.5))));
    }

    private static String normalized(PassCase c, String x, long axis) {
        Reduce mean = new Reduce(ReduceFunction.MEAN, true, false);
        String axes = c.builder.freshConstant("axes", Tensor.vector(axis));
        String d = c.binary(BinaryFunction.SUB, x, c.add(mean, x, axes));
        String variance = c.add(mean, c.binary(BinaryFunction.POW, d, c.scalar(2)), axes);
        String deviation = c.unary(UnaryFunction.SQRT, c.binary(BinaryFunction.ADD, variance, c.scalar(1e-5)));
        return c.binary(BinaryFunction.DIV, d, deviation);
    }

    @Test
    void layerNormalization() {
        fusesTo(
                "LayerNormalization",
                new FuseLayerNormalization(),
                List.of(
                        (c, x) ->
                                c.binary(
                                        BinaryFunction.ADD,
                                        mul(c, normalized(c, x, -1), c.constant("s", 50)),
                                        c.constant("b", 50)),
                        (c, x) ->
                                c.binary(
                                        BinaryFunction.ADD,
                                        c.constant("b", 50),
                                        mul(c, c.constant("s", 50), normalized(c, x, 1))),
                        (c, x) -> mul(c, normalized(c, x, -1), c.constant("s", 50))));
    }

    @Test
    void layerNormalizationKeepsItsEpsilonAndName() {
        PassCase c = new PassCase(3);
        String y =
                c.binary(
                        BinaryFunction.ADD,
                        mul(c, normalized(c, c.input("x", 2, 4), -1), c.constant("s", 4)),
                        c.constant("b", 4));
        Graph after = new FuseLayerNormalization().apply(c.build(y));
        assertThat(after.nodes().getFirst().op()).isEqualTo(new LayerNormalization(-1, 1e-5f));
        assertThat(after.nodes().getFirst().output()).isEqualTo(y);
    }

    @Test
    void normalizationOverAnotherAxisStays() {
        PassCase c = new PassCase(4);
        String y = mul(c, normalized(c, c.input("x", 4, 4), 0), c.constant("s", 4));
        Graph graph = c.build(y);
        assertThat(new FuseLayerNormalization().apply(graph)).isSameAs(graph);
    }

    @Test
    void matMulAndBiasOfAMatrixBecomeAGemm() {
        PassCase c = new PassCase(5);
        String y = c.add(new MatMul(), c.input("x", 2, 3), c.constant("w", 3, 4));
        Graph after = c.check(new FuseGemm(), c.build(c.binary(BinaryFunction.ADD, c.constant("b", 4), y)));
        assertThat(PassCase.types(after)).containsExactly("Gemm");
        assertThat(after.nodes().getFirst().name()).isEqualTo("MatMul");
    }

    @Test
    void batchesStayMatMul() {
        PassCase c = new PassCase(6);
        String y = c.add(new MatMul(), c.input("x", 2, 2, 3), c.constant("w", 3, 4));
        Graph after = c.check(new FuseGemm(), c.build(c.binary(BinaryFunction.ADD, c.constant("b", 4), y)));
        assertThat(PassCase.types(after)).containsExactly("MatMul", "Add");
    }
}
