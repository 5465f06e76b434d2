package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the golden cases leave out.
class ArithmeticTest {
    private static Tensor run(Op op, DType result, Tensor... operands) {
        Tensor y = Tensor.allocate(result, operands[0].shape());
        op.evaluate(List.of(operands), List.of(y));
        return y;
    }

    private static Tensor unsigned(long... values) {
        return Tensor.vector(values).reinterpret(DType.UINT64);
    }

    @Test
    void unsigned64BitNumbersBeyondTheSignedOnes() {
        Tensor large = unsigned(-2, 5);
        Tensor small = unsigned(3, 7);

        assertThat(run(new Binary(BinaryFunction.DIV), DType.UINT64, large, small).getLong(0))
                .isEqualTo(Long.divideUnsigned(-2, 3));
        assertThat(run(new Binary(BinaryFunction.MOD), DType.UINT64, large, small).getLong(0))
                .isEqualTo(Long.remainderUnsigned(-2, 3));
        assertThat(run(new Binary(BinaryFunction.GREATER), DType.BOOL, large, small).toLongArray())
                .containsExactly(1, 0);
        assertThat(run(new Variadic(VariadicFunction.MIN), DType.UINT64, large, small).toLongArray())
                .containsExactly(3, 5);
        assertThat(run(Unary.of(UnaryFunction.SIGN), DType.UINT64, large).toLongArray()).containsExactly(1, 1);
        Tensor y = Tensor.allocate(DType.UINT64, Shape.of(1));
        new Reduce(ReduceFunction.MAX, true, false).evaluate(List.of(large), List.of(y));
        assertThat(y.getLong(0)).isEqualTo(-2);
        new Reduce(ReduceFunction.MIN, true, false).evaluate(List.of(large), List.of(y));
        assertThat(y.getLong(0)).isEqualTo(5);
        Tensor index = Tensor.vector(9);
        new ArgReduce(true, 0, true, false).evaluate(List.of(large), List.of(index));
        assertThat(index.getLong(0)).isZero();
        Tensor clipped = unsigned(0, 0);
        new Clip().evaluate(List.of(large, unsigned(6).reshape(Shape.SCALAR)), List.of(clipped));
        assertThat(clipped.toLongArray()).containsExactly(-2, 6);
    }

    @Test
    void integersWrap() {
        Tensor bytes = Tensor.of(DType.INT8, Shape.of(2), (byte) 127, (byte) -128);

        assertThat(run(new Binary(BinaryFunction.ADD), DType.INT8, bytes, bytes).toLongArray()).containsExactly(-2, 0);
        assertThat(run(Unary.of(UnaryFunction.NEG), DType.INT8, bytes).toLongArray()).containsExactly(-127, -128);
    }

    @Test
    void nanIsKept() {
        Tensor x = Tensor.of(Shape.of(3), Float.NaN, 1f, -1f);
        Tensor one = Tensor.allocate(DType.FLOAT32, Shape.of(1));
        Tensor index = Tensor.vector(9);

        assertThat(run(Unary.of(UnaryFunction.RELU), DType.FLOAT32, x).toFloatArray()).containsExactly(Float.NaN, 1, 0);
        assertThat(run(new Clip(), DType.FLOAT32, x, Tensor.scalar(0f)).toFloatArray())
                .containsExactly(Float.NaN, 1, 0);
        new Reduce(ReduceFunction.MAX, true, false).evaluate(List.of(x), List.of(one));
        assertThat(one.getFloat(0)).isNaN();
        new ArgReduce(false, 0, true, false).evaluate(List.of(x), List.of(index));
        assertThat(index.getLong(0)).isZero();
    }

    @Test
    void softmaxOfOldNormalizesAllAxesFromItsOwnOn() {
        Tensor x = Tensor.of(Shape.of(2, 2, 2), 1f, 2f, 3f, 4f, 0f, 0f, 0f, 0f);

        float[] y = run(new Softmax(1, false, true), DType.FLOAT32, x).toFloatArray();

        assertThat(y[0] + y[1] + y[2] + y[3]).isCloseTo(1, within(1e-6f));
        assertThat(y[3] / y[2]).isCloseTo((float) Math.E, within(1e-5f));
        assertThat(y).endsWith(0.25f, 0.25f, 0.25f, 0.25f);
    }

    @Test
    void reductionsOfNothing() {
        Tensor none = Tensor.allocate(DType.INT32, Shape.of(0, 1));
        Tensor y = Tensor.allocate(DType.INT32, Shape.of(1, 1));

        new Reduce(ReduceFunction.MAX, true, false).evaluate(List.of(none), List.of(y));
        assertThat(y.getLong(0)).isEqualTo(Integer.MIN_VALUE);
        new Reduce(ReduceFunction.PROD, true, false).evaluate(List.of(none), List.of(y));
        assertThat(y.getLong(0)).isEqualTo(1);
    }

    @Test
    void droppedMasksAreAllTrue() {
        Tensor y = Tensor.allocate(DType.FLOAT32, Shape.of(2));
        Tensor mask = Tensor.allocate(DType.BOOL, Shape.of(2));

        new Identity().evaluate(List.of(Tensor.of(Shape.of(2), 3f, 4f)), List.of(y, mask));

        assertThat(y.toFloatArray()).containsExactly(3, 4);
        assertThat(mask.toLongArray()).containsExactly(1, 1);
    }
}
