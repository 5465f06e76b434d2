package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.op.RandomFill.Distribution;
import dev.octet.graph.pass.CommonSubexpressions;
import dev.octet.graph.pass.ConstantFolding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Operators that draw random numbers: what they draw is like, and when it is drawn.
class RandomOperatorsTest {
    private static final int COUNT = 20_000;

    private static double[] draw(Op op, Tensor... operands) {
        Inference inference = Inference.of(Arrays.asList(operands), 1);
        op.infer(inference);
        Tensor y =
                Tensor.allocate(
                        inference.outputs().getFirst().dtype(), inference.outputs().getFirst().shape().toShape());
        op.evaluate(Arrays.asList(operands), List.of(y));
        double[] values = new double[(int) y.elementCount()];
        Elements.read(y, 0, values, values.length);
        return values;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double deviation(double[] values) {
        double mean = mean(values);
        return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    }

    private static RandomFill fill(Distribution distribution, float first, float second, Float seed) {
        return new RandomFill(distribution, List.of((long) COUNT), null, first, second, seed);
    }

    @Test
    void momentsAreTheStatedOnes() {
        double[] normal = draw(fill(Distribution.NORMAL, 3, 2, 7f));
        assertThat(mean(normal)).isCloseTo(3, within(0.05));
        assertThat(deviation(normal)).isCloseTo(2, within(0.05));
        assertThat(Arrays.stream(normal).filter(v -> v > 7).count() / (double) COUNT).isCloseTo(0.0228, within(0.005));

        double[] uniform = draw(fill(Distribution.UNIFORM, -1, 3, 7f));
        assertThat(Arrays.stream(uniform)).allMatch(v -> v >= -1 && v <= 3);
        assertThat(mean(uniform)).isCloseTo(1, within(0.05));
        assertThat(deviation(uniform)).isCloseTo(4 / Math.sqrt(12), within(0.05));
    }

    @Test
    void aSeedMakesNumbersRepeatAndNoSeedDoesNot() {
        assertThat(draw(fill(Distribution.NORMAL, 0, 1, 5f))).isEqualTo(draw(fill(Distribution.NORMAL, 0, 1, 5f)));
        assertThat(draw(fill(Distribution.NORMAL, 0, 1, 5f))).isNotEqualTo(draw(fill(Distribution.NORMAL, 0, 1, 6f)));
        assertThat(draw(fill(Distribution.NORMAL, 0, 1, null)))
                .isNotEqualTo(draw(fill(Distribution.NORMAL, 0, 1, null)));
    }

    @Test
    void bernoulliFollowsItsProbabilities() {
        Tensor probabilities = Tensor.allocate(DType.FLOAT32, Shape.of(3, COUNT));
        for (int i = 0; i < 3 * COUNT; i++) {
            probabilities.setFloat(i, List.of(0f, 0.3f, 1f).get(i / COUNT));
        }
        double[] drawn = draw(new Bernoulli(DType.INT32, 1f), probabilities);

        assertThat(Arrays.stream(drawn).limit(COUNT)).allMatch(v -> v == 0);
        assertThat(mean(Arrays.copyOfRange(drawn, COUNT, 2 * COUNT))).isCloseTo(0.3, within(0.02));
        assertThat(Arrays.stream(drawn).skip(2 * COUNT)).allMatch(v -> v == 1);
    }

    @Test
    void multinomialFollowsItsProbabilities() {
        Tensor logarithms =
                Tensor.of(
                        Shape.of(1, 3),
                        (float) Math.log(0.2) + 50,
                        (float) Math.log(0.5) + 50,
                        (float) Math.log(0.3) + 50);
        double[] drawn = draw(new Multinomial(DType.INT64, COUNT, 1f), logarithms);

        assertThat(Arrays.stream(drawn).filter(v -> v == 0).count() / (double) COUNT).isCloseTo(0.2, within(0.02));
        assertThat(Arrays.stream(drawn).filter(v -> v == 1).count() / (double) COUNT).isCloseTo(0.5, within(0.02));
    }

    /// Two draws are two, and neither is made once for all runs.
    @Test
    void nothingIsDrawnAhead() {
        GraphBuilder builder = new GraphBuilder("g");
        builder.output(builder.add(fill(Distribution.NORMAL, 0, 1, null)));
        builder.output(builder.add(fill(Distribution.NORMAL, 0, 1, null)));
        Graph graph = builder.build();

        assertThat(new ConstantFolding().apply(graph).nodes()).hasSize(2);
        assertThat(new CommonSubexpressions().apply(graph).nodes()).hasSize(2);
    }
}
