package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Products read and write the heads of an attention where they lie.
class AttentionLoweringTest {
    private static final int HEADS = 3;
    private static final int SIZE = 4;

    private final Runs runs = new Runs();

    private String heads(Generator g, String x, Long... perm) {
        String weights = runs.graph.freshConstant("w", g.floats(Shape.of(HEADS * SIZE, HEADS * SIZE), -0.5f, 0.5f));
        String projected = runs.graph.add(new MatMul(), x, weights);
        String shape = runs.graph.freshConstant("s", Tensor.vector(0, 0, HEADS, SIZE));
        String cut = runs.graph.add(new Reshape(false), projected, shape);
        return runs.graph.add(new Transpose(List.of(perm)), cut);
    }

    private String attention(Generator g, String x, List<String> inner) {
        String query = heads(g, x, 0L, 2L, 1L, 3L);
        String key = heads(g, x, 0L, 2L, 3L, 1L);
        String value = heads(g, x, 0L, 2L, 1L, 3L);
        inner.addAll(List.of(query, key, value));
        String weights = runs.graph.add(new Softmax(-1, false, false), runs.graph.add(new MatMul(), query, key));
        String context = runs.graph.add(new MatMul(), weights, value);
        String merged = runs.graph.add(new Transpose(List.of(0L, 2L, 1L, 3L)), context);
        inner.addAll(List.of(context, merged));
        String shape = runs.graph.freshConstant("s", Tensor.vector(0, 0, HEADS * SIZE));
        return runs.graph.add(new Reshape(false), merged, shape);
    }

    @Test
    void headsAreNotTransposed() {
        Generator g = Generator.of(1);
        String x = runs.input("x", g.floats(Shape.of(2, 5, HEADS * SIZE), -1, 1));
        List<String> steps = runs.check(attention(g, x, new ArrayList<>()));
        assertThat(steps).noneMatch(step -> step.startsWith("Transpose "));
        assertThat(steps.stream().filter(step -> step.startsWith("MatMul+Transpose"))).hasSize(1);
    }

    /// What others see of an attention is there as well.
    @Test
    void transposedHeadsAreThereForOthers() {
        Generator.forAll(2, 20, g -> new AttentionLoweringTest().watched(g));
    }

    private void watched(Generator g) {
        String x = runs.input("x", g.floats(Shape.of(g.integer(1, 2), g.integer(1, 5), HEADS * SIZE), -1, 1));
        List<String> inner = new ArrayList<>();
        String y = attention(g, x, inner);
        List<String> outputs = new ArrayList<>(List.of(y));
        outputs.addAll(inner.stream().filter(_ -> g.flip()).toList());
        runs.check(outputs.toArray(String[]::new));
    }

    /// Operands and results through any permutation of axes, of which products can do some themselves.
    @Test
    void anyPermutation() {
        Generator.forAll(3, 60, g -> new AttentionLoweringTest().permuted(g));
    }

    private void permuted(Generator g) {
        long extent = g.integer(1, 4);
        Shape cube = Shape.of(extent, extent, extent, extent);
        String a = turn(g, runs.input("a", g.floats(cube, -1, 1)));
        String b = turn(g, runs.input("b", g.floats(cube, -1, 1)));
        runs.check(turn(g, runs.graph.add(new MatMul(), a, b)));
    }

    private String turn(Generator g, String x) {
        List<Long> perm = new ArrayList<>(List.of(0L, 1L, 2L, 3L));
        for (int i = perm.size() - 1; i > 0; i--) {
            Collections.swap(perm, i, g.integer(0, i));
        }
        return runs.graph.add(new Transpose(perm), x);
    }

    /// The mask, the softmax and the quantization of the weights are one kernel, whatever the mask's broadcasting.
    @Test
    void weightsAreOneKernel() {
        for (long[] mask :
                new long[][] {{2, 1, 1, 5}, {1, 1, 4, 5}, {4, 5}, {2, 3, 4, 5}, {3, 4, 5}, {5}, {2, 3, 1, 5}}) {
            for (boolean quantized : new boolean[] {false, true}) {
                AttentionLoweringTest test = new AttentionLoweringTest();
                String expected = quantized ? "Add+Softmax+QuantizeLinear kernel" : "Add+Softmax kernel";
                assertThat(test.weights(Shape.of(mask), true, quantized)).containsExactly(expected);
                assertThat(new AttentionLoweringTest().weights(Shape.of(mask), false, quantized))
                        .containsExactly(expected);
            }
        }
    }

    /// Rows of a mask that neither repeat nor follow each other, or broadcast along the softmax, are added before.
    @Test
    void otherMasksAreAddedBefore() {
        for (long[] mask : new long[][] {{2, 1, 4, 5}, {2, 3, 4, 1}, {1}}) {
            assertThat(new AttentionLoweringTest().weights(Shape.of(mask), true, true))
                    .containsExactly("Add kernel", "Softmax+QuantizeLinear kernel");
        }
    }

    private List<String> weights(Shape maskShape, boolean scoresFirst, boolean quantized) {
        Generator g = Generator.of(maskShape.hashCode());
        String scores = runs.input("scores", g.floats(Shape.of(2, 3, 4, 5), -4, 4));
        String mask = runs.input("mask", g.floats(maskShape, -4, 4));
        String sum =
                runs.graph.add(
                        new Binary(BinaryFunction.ADD), scoresFirst ? scores : mask, scoresFirst ? mask : scores);
        String weights = runs.graph.add(new Softmax(-1, false, false), sum);
        if (!quantized) {
            return runs.check(weights);
        }
        String scale = runs.graph.freshConstant("scale", Tensor.scalar(1 / 255f));
        String zeroPoint = runs.graph.freshConstant("zero", Tensor.scalar(DType.INT8, -128));
        return runs.check(runs.graph.add(new QuantizeLinear(1, 0, null), weights, scale, zeroPoint));
    }

    /// Who sees the sums or the weights gets them.
    @Test
    void whatIsNeededOutsideIsNotFused() {
        Generator g = Generator.of(9);
        String scores = runs.input("scores", g.floats(Shape.of(2, 3, 5), -4, 4));
        String mask = runs.input("mask", g.floats(Shape.of(5), -4, 4));
        String sum = runs.graph.add(new Binary(BinaryFunction.ADD), scores, mask);
        String weights = runs.graph.add(new Softmax(-1, false, false), sum);
        assertThat(runs.check(sum, weights)).containsExactly("Add kernel", "Softmax kernel");
    }
}
