package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import org.junit.jupiter.api.Test;

/// Element-wise nodes that follow each other are one kernel, as long as one result of theirs is needed.
class ChainLoweringTest {
    private final Generator g = Generator.of(31);
    private final Runs runs = new Runs();
    private final Binary add = new Binary(BinaryFunction.ADD);
    private final Binary multiply = new Binary(BinaryFunction.MUL);
    private final Unary sigmoid = Unary.of(UnaryFunction.SIGMOID);
    private final Unary tanh = Unary.of(UnaryFunction.TANH);

    private String image(String name, long... dims) {
        return runs.input(name, g.floats(Shape.of(dims), -3, 3));
    }

    @Test
    void aValueMayBeReadTwiceWithinTheChain() {
        String x = image("x", 2, 5, 6, 7);
        String y = image("y", 2, 5, 6, 7);
        String sum = runs.graph.add(add, x, y);
        String swish = runs.graph.add(multiply, sum, runs.graph.add(sigmoid, sum));
        assertThat(runs.check(swish)).containsExactly("Add+Sigmoid+Mul kernel");
    }

    @Test
    void operandsBroadcast() {
        String x = image("x", 2, 5, 6, 7);
        String channel = image("channel", 5, 1, 1);
        String row = runs.graph.constant("row", g.floats(Shape.of(7), -1, 1));
        String half = runs.graph.constant("half", Tensor.scalar(0.5f));
        String scaled = runs.graph.add(multiply, x, channel);
        String shifted = runs.graph.add(add, row, scaled);
        String cubed = runs.graph.add(multiply, runs.graph.add(multiply, shifted, shifted), shifted);
        String y = runs.graph.add(tanh, runs.graph.add(multiply, cubed, half));
        assertThat(runs.check(y)).containsExactly("Mul+Add+Mul+Mul+Mul+Tanh kernel");
    }

    @Test
    void aGateThatBroadcastsIsComputedOnce() {
        String x = image("x", 2, 5, 6, 7);
        String gate = runs.graph.add(sigmoid, image("gate", 2, 5, 1, 1));
        assertThat(runs.check(runs.graph.add(multiply, x, gate))).containsExactly("Sigmoid kernel", "Mul kernel");
    }

    @Test
    void aValueThatIsNeededOutsideEndsTheChain() {
        String x = image("x", 4, 9);
        String y = runs.graph.add(tanh, runs.graph.add(sigmoid, x));
        String z = runs.graph.add(add, y, x);
        assertThat(runs.check(y, z)).containsExactly("Sigmoid+Tanh kernel", "Add kernel");
    }

    @Test
    void whatLeavesTheChainAndComesBackIsNoPartOfIt() {
        String x = image("x", 4, 9);
        String y = runs.graph.add(tanh, runs.graph.add(sigmoid, x));
        String sine = runs.graph.add(Unary.of(UnaryFunction.SIN), y);
        String z = runs.graph.add(tanh, runs.graph.add(add, y, sine));
        assertThat(runs.check(z)).containsExactly("Sigmoid+Tanh kernel", "Sin kernel", "Add+Tanh kernel");
    }

    @Test
    void fromIntegersToIntegers() {
        String q = runs.input("q", g.integers(DType.UINT8, Shape.of(3, 50), 0, 255));
        String scale = runs.graph.constant("scale", Tensor.scalar(0.05f));
        String zero = runs.graph.constant("zero", Tensor.scalar(DType.UINT8, 120));
        String x = runs.graph.add(new DequantizeLinear(1, 0), q, scale, zero);
        String y = runs.graph.add(multiply, x, runs.graph.add(Unary.of(UnaryFunction.RELU), x));
        String out = runs.graph.add(new QuantizeLinear(1, 0, null), y, scale, zero);
        assertThat(runs.check(out)).containsExactly("DequantizeLinear+Relu+Mul+QuantizeLinear kernel");
    }

    @Test
    void integersBecomeFloatOnTheWay() {
        String bytes = runs.input("bytes", g.integers(DType.INT8, Shape.of(3, 50), -128, 127));
        String numbers = runs.input("numbers", g.integers(DType.INT32, Shape.of(3, 50), -1 << 30, 1 << 30));
        String scale = runs.graph.constant("scale", Tensor.scalar(0.05f));
        String x = runs.graph.add(multiply, runs.graph.add(new Cast(DType.FLOAT32), bytes), scale);
        String y = runs.graph.add(new Cast(DType.FLOAT32), numbers);
        assertThat(runs.check(x, y)).containsExactly("Cast+Mul kernel", "Cast kernel");
    }

    @Test
    void aSumStaysWithTheProductThatComesLater() {
        String x = image("x", 1, 4, 6, 7);
        String y = runs.graph.add(sigmoid, x);
        String w = runs.graph.constant("w", g.floats(Shape.of(4, 4, 3, 3), -1, 1));
        String z = runs.graph.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1), x, w);
        assertThat(runs.check(runs.graph.add(add, y, z))).containsExactly("Sigmoid kernel", "Conv+Add kernel");
    }

    @Test
    void betweenConvolutionsInTheirLayout() {
        String x = image("x", 2, 4, 9, 8);
        String w = runs.graph.constant("w", g.floats(Shape.of(12, 4, 3, 3), -1, 1));
        String v = runs.graph.constant("v", g.floats(Shape.of(4, 12, 1, 1), -1, 1));
        String channel = image("channel", 12, 1, 1);
        String first = runs.graph.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1), x, w);
        String gated = runs.graph.add(multiply, first, runs.graph.add(sigmoid, first));
        String shifted = runs.graph.add(add, gated, channel);
        String last = runs.graph.add(new Conv(Window.of(1, 1), 1), shifted, v);
        assertThat(runs.check(last)).contains("Sigmoid+Mul+Add kernel");
    }
}
