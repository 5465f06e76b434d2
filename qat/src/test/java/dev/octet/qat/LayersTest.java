package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LayersTest {
    private static double deviation(WeightInit init, long fanIn, long fanOut) {
        Tensor tensor = init.draw(new SplittableRandom(3), Shape.of(200, 100), fanIn, fanOut);
        double sum = 0;
        double squares = 0;
        for (long i = 0; i < tensor.elementCount(); i++) {
            sum += tensor.getDouble(i);
            squares += tensor.getDouble(i) * tensor.getDouble(i);
        }
        assertThat(Math.abs(sum / tensor.elementCount())).isLessThan(0.01);
        return Math.sqrt(squares / tensor.elementCount());
    }

    @Test
    void weightsAreDrawnWithTheDeviationOfTheirRule() {
        Percentage close = Percentage.withPercentage(3);
        assertThat(deviation(WeightInit.KAIMING_NORMAL, 50, 80)).isCloseTo(Math.sqrt(2.0 / 50), close);
        assertThat(deviation(WeightInit.KAIMING_UNIFORM, 50, 80)).isCloseTo(Math.sqrt(1.0 / 50 / 3), close);
        assertThat(deviation(WeightInit.XAVIER_NORMAL, 50, 80)).isCloseTo(Math.sqrt(2.0 / 130), close);
        assertThat(deviation(WeightInit.XAVIER_UNIFORM, 50, 80)).isCloseTo(Math.sqrt(2.0 / 130), close);
        assertThat(deviation(WeightInit.ZEROS, 50, 80)).isZero();
    }

    @Test
    void layersFitTogetherAndRun() {
        Layers net = new Layers("all", 1).init(WeightInit.XAVIER_UNIFORM);
        String x = net.input("image", 3, 8, 8);
        x = net.relu6(net.batchNorm(net.conv(x, 6, 3, 1)));
        x = net.concat(net.maxPool(x, 2), net.averagePool(x, 2));
        x = net.add(x, net.relu(net.depthwise(x, 3, 1)));
        x = net.activation(net.conv(x, 5, 3, 2), UnaryFunction.HARD_SWISH);
        String flat = net.layerNorm(net.flatten(x));
        String pooled = net.linear(net.flatten(net.globalAveragePool(x)), 4);
        String words = net.linear(net.flatten(net.embedding(net.indices("words", 3), 9, 2)), 4);
        Graph graph = net.build(flat, net.add(pooled, words));
        Generator random = Generator.of(4);
        Map<String, Tensor> found =
                ReferenceInterpreter.run(
                        graph,
                        Map.of(
                                "image", random.normals(Shape.of(2, 3, 8, 8), 0, 1),
                                "words", random.integers(DType.INT64, Shape.of(2, 3), 0, 8)));
        assertThat(found.get(flat).shape()).isEqualTo(Shape.of(2, 20));
        assertThat(found.get(graph.outputs().getLast().name()).shape()).isEqualTo(Shape.of(2, 4));
    }

    @Test
    void sameSeedSameWeights() {
        assertThat(weights(7)).isEqualTo(weights(7)).isNotEqualTo(weights(8));
    }

    private static float[] weights(long seed) {
        Layers net = new Layers("one", seed);
        Graph graph = net.build(net.linear(net.input("x", 4), 3));
        return graph.constant("linear1.weight").orElseThrow().toFloatArray();
    }

    @Test
    void saysWhatDoesNotFit() {
        Layers net = new Layers("odd", 1);
        String image = net.input("image", 3, 8, 8);
        assertThatThrownBy(() -> net.linear(image, 2))
                .hasMessage("linear: expected one axis beside the batch, found 3");
        assertThatThrownBy(() -> net.relu("nothing")).hasMessage("'nothing' is no value of this network");
    }
}
