package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FoldBatchNormalizationTest {
    private static final Pass FOLD = new FoldBatchNormalization().then(new DeadCodeElimination());

    private static String batchNormalization(PassCase c, String x, int channels) {
        return c.add(
                new BatchNormalization(1e-3f),
                x,
                c.constant(c.builder.freshName("gamma"), 0.5, 2, channels),
                c.constant(c.builder.freshName("beta"), channels),
                c.constant(c.builder.freshName("mean"), channels),
                c.constant(c.builder.freshName("var"), 0.1, 2, channels));
    }

    @RepeatedTest(10)
    void convolutionsOfAnyGroups(RepetitionInfo repetition) {
        PassCase c = new PassCase(repetition.getCurrentRepetition());
        int group = c.integer(1, 3);
        int in = group * c.integer(1, 3);
        int out = group * c.integer(1, 3);
        Window window = Window.of(3, 2).withPads(1, 0, 1, 1).withStrides(1, 2);
        String x = c.input("x", 2, in, 5, 6);
        String weights = c.constant("w", out, in / group, 3, 2);
        String y =
                c.integer(0, 1) == 0
                        ? c.add(new Conv(window, group), x, weights)
                        : c.add(new Conv(window, group), x, weights, c.constant("b", out));
        Graph after = c.check(FOLD, c.build(batchNormalization(c, y, out)));
        assertThat(PassCase.types(after)).containsExactly("Conv");
        assertThat(after.nodes().getFirst().name()).isEqualTo("Conv");
        assertThat(after.constants()).hasSize(2).containsKey("w");
    }

    @RepeatedTest(10)
    void transposedConvolutionsOfAnyGroups(RepetitionInfo repetition) {
        PassCase c = new PassCase(100 + repetition.getCurrentRepetition());
        int group = c.integer(1, 3);
        int in = group * c.integer(1, 3);
        int perGroup = c.integer(1, 3);
        ConvTranspose op = new ConvTranspose(Window.of(2, 2).withStrides(2, 2), group, List.of(), List.of());
        String y = c.add(op, c.input("x", 1, in, 3, 4), c.constant("w", in, perGroup, 2, 2));
        String biased = c.binary(BinaryFunction.ADD, y, c.constant("b", 1, group * perGroup, 1, 1));
        Graph after = c.check(FOLD, c.build(batchNormalization(c, biased, group * perGroup)));
        assertThat(PassCase.types(after)).containsExactly("ConvTranspose");
    }

    @Test
    void gemmWithScaledBiasOfAnyForm() {
        for (boolean transposed : new boolean[] {false, true}) {
            for (long[] bias : List.of(new long[] {5}, new long[] {1, 5}, new long[] {1}, new long[] {})) {
                PassCase c = new PassCase(1);
                String weights = transposed ? c.constant("w", 5, 3) : c.constant("w", 3, 5);
                Gemm gemm = new Gemm(0.5f, 2, false, transposed);
                String y = c.add(gemm, c.input("x", 4, 3), weights, c.constant("b", bias));
                Graph after = c.check(FOLD, c.build(batchNormalization(c, y, 5)));
                assertThat(PassCase.types(after)).containsExactly("Gemm");
            }
        }
    }

    @Test
    void gemmWithABiasPerRowStays() {
        PassCase c = new PassCase(2);
        String y =
                c.add(new Gemm(1, 1, false, false), c.input("x", 5, 3), c.constant("w", 3, 5), c.constant("b", 5, 1));
        Graph after = c.check(FOLD, c.build(batchNormalization(c, y, 5)));
        assertThat(PassCase.types(after)).containsExactly("Gemm", "BatchNormalization");
    }

    @Test
    void scalarsAfterAConvolutionAsPaddleWritesThem() {
        PassCase c = new PassCase(3);
        String y =
                c.add(
                        new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 4),
                        c.input("x", 1, 4, 5, 5),
                        c.constant("w", 4, 1, 3, 3),
                        c.constant("b", 4));
        String scaled = c.binary(BinaryFunction.MUL, c.constant("s", 1), y);
        String shifted = c.binary(BinaryFunction.ADD, scaled, c.constant("t", 1));
        String relu = c.unary(UnaryFunction.RELU, shifted);
        Graph after = c.check(FOLD, c.build(relu));
        assertThat(PassCase.types(after)).containsExactly("Conv", "Relu");
        assertThat(after.nodes().getFirst().output()).isEqualTo(shifted);
    }

    @ParameterizedTest
    @EnumSource(names = {"ADD", "SUB", "MUL", "DIV"})
    void arithmeticOnEitherSide(BinaryFunction function) {
        for (boolean constantFirst : new boolean[] {false, true}) {
            PassCase c = new PassCase(4);
            String y = c.add(new Conv(Window.of(1), 1), c.input("x", 2, 3, 4), c.constant("w", 2, 3, 1));
            String k = c.constant("k", 0.5, 2, 2, 1);
            String z = constantFirst ? c.binary(function, k, y) : c.binary(function, y, k);
            Graph after = c.check(FOLD, c.build(z));
            boolean reciprocal = function == BinaryFunction.DIV && constantFirst;
            assertThat(after.nodes()).hasSize(reciprocal ? 2 : 1);
        }
    }

    @Test
    void aConstantAlongAnotherAxisStays() {
        for (long[] dims :
                List.of(new long[] {4}, new long[] {2, 1, 4}, new long[] {1, 1, 2, 4}, new long[] {2, 2, 4})) {
            PassCase c = new PassCase(5);
            String y = c.add(new Conv(Window.of(1), 1), c.input("x", 2, 3, 4), c.constant("w", 2, 3, 1));
            Graph after = c.check(FOLD, c.build(c.binary(BinaryFunction.MUL, y, c.constant("k", dims))));
            assertThat(PassCase.types(after)).containsExactly("Conv", "Mul");
        }
    }

    @Test
    void matMulTakesFactorsOnly() {
        PassCase c = new PassCase(6);
        String y = c.add(new MatMul(), c.input("x", 2, 3, 4), c.constant("w", 4, 5));
        String scaled = c.binary(BinaryFunction.MUL, y, c.constant("s", 5));
        Graph after = c.check(FOLD, c.build(c.binary(BinaryFunction.ADD, scaled, c.constant("t", 5))));
        assertThat(PassCase.types(after)).containsExactly("MatMul", "Add");
    }

    @Test
    void whatOthersReadStays() {
        PassCase c = new PassCase(7);
        String y = c.add(new Conv(Window.of(1), 1), c.input("x", 2, 3, 4), c.constant("w", 2, 3, 1));
        String z = batchNormalization(c, y, 2);
        assertThat(PassCase.types(c.check(FOLD, c.build(z, y)))).containsExactly("Conv", "BatchNormalization");

        PassCase d = new PassCase(8);
        String u = d.add(new Conv(Window.of(1), 1), d.input("x", 2, 3, 4), d.constant("w", 2, 3, 1));
        String sum = d.binary(BinaryFunction.ADD, batchNormalization(d, u, 2), u);
        assertThat(PassCase.types(d.check(FOLD, d.build(sum)))).containsExactly("Conv", "BatchNormalization", "Add");
    }

    @Test
    void sharedWeightsAreCopied() {
        PassCase c = new PassCase(9);
        String x = c.input("x", 2, 3, 4);
        String weights = c.constant("w", 3, 3, 1);
        String first = batchNormalization(c, c.add(new Conv(Window.of(1), 1), x, weights), 3);
        String second = c.add(new Conv(Window.of(1), 1), first, weights);
        Graph after = c.check(FOLD, c.build(second));
        assertThat(PassCase.types(after)).containsExactly("Conv", "Conv");
        assertThat(after.nodes().get(1).input(1)).isEqualTo("w");
        assertThat(after.nodes().get(0).input(1)).isEqualTo("w_1");
    }

    @Test
    void weightsThatWouldOverflowStay() {
        PassCase c = new PassCase(10);
        String y = c.add(new Conv(Window.of(1), 1), c.input("x", 2, 3, 4), c.constant("w", 1e3, 1e4, 2, 3, 1));
        String huge = c.builder.freshConstant("huge", Tensor.scalar(3e38f));
        Graph graph = c.build(c.binary(BinaryFunction.MUL, y, huge));
        assertThat(FOLD.apply(graph).nodes()).hasSize(2);
    }

    @Test
    void anUnnormalizedInputKeepsItsBatchNormalization() {
        PassCase c = new PassCase(11);
        Graph after = c.check(FOLD, c.build(batchNormalization(c, c.input("x", 2, 3, 4), 3)));
        assertThat(PassCase.types(after)).containsExactly("BatchNormalization");
    }
}
