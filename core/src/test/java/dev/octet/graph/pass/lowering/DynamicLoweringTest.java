package dev.octet.graph.pass.lowering;

import static dev.octet.tensor.DType.INT8;
import static dev.octet.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.Op;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The chains that `quantize_dynamic` writes.
class DynamicLoweringTest {
    private static final Op MUL = new Binary(BinaryFunction.MUL);
    private static final Op ADD = new Binary(BinaryFunction.ADD);

    /// DynamicQuantizeLinear's three results.
    private static List<String> quantized(Qdq q, String x) {
        List<String> outputs = List.of("x_q", "x_scale", "x_zero");
        q.builder.add(new Node("quantize", new DynamicQuantizeLinear(), List.of(x), outputs));
        return outputs;
    }

    private static String bytes(Qdq q, DType dtype, long... shape) {
        Tensor values = Tensor.allocate(dtype, Shape.of(shape));
        for (long i = 0; i < values.elementCount(); i++) {
            values.setLong(i, (i * 37 + 11) % 120);
        }
        return q.constant(values);
    }

    private static String chain(Qdq q, List<String> x, String weights, String zeroPoint, String weightScale) {
        String sums = q.op(new MatMulInteger(), x.get(0), weights, x.get(2), zeroPoint);
        return q.op(MUL, q.op(new Cast(DType.FLOAT32), sums), q.op(MUL, x.get(1), weightScale));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChainWithABiasIsOneProductWithTheSameBits(boolean perColumn) {
        Qdq q = new Qdq(1);
        List<String> x = quantized(q, q.input(2, 5, 7));
        String scale = perColumn ? q.floats(6) : q.constant(Tensor.scalar(0.013f));
        String zero = perColumn ? q.constant(Tensor.allocate(INT8, Shape.of(6))) : q.zeroPoint(INT8, 3);
        String product = chain(q, x, bytes(q, INT8, 7, 6), zero, scale);
        LoweringAssert.engine(q, q.op(ADD, q.floats(6), product))
                .hasOperators("DynamicQuantizeLinear", "MatMulIntegerToFloat")
                .isExact();
    }

    @Test
    void productsOfTwoActivationsNeedNoBias() {
        Qdq q = new Qdq(2);
        List<String> x = quantized(q, q.input(3, 4, 5));
        List<String> y = List.of("y_q", "y_scale", "y_zero");
        q.builder.add(new Node("other", new DynamicQuantizeLinear(), List.of(q.input(3, 5, 2)), y));
        String sums = q.op(new MatMulInteger(), x.get(0), y.get(0), x.get(2), y.get(2));
        String product = q.op(MUL, q.op(MUL, x.get(1), y.get(1)), q.op(new Cast(DType.FLOAT32), sums));
        LoweringAssert.engine(q, product)
                .hasOperators("DynamicQuantizeLinear", "DynamicQuantizeLinear", "Mul", "MatMulIntegerToFloat")
                .isExact();
    }

    @Test
    void aSumWithAMatrixOrASharedResultStays() {
        Qdq q = new Qdq(3);
        List<String> x = quantized(q, q.input(4, 7));
        String product = chain(q, x, bytes(q, UINT8, 7, 6), q.zeroPoint(UINT8, 60), q.constant(Tensor.scalar(0.02f)));
        String sum = q.op(ADD, product, q.floats(4, 6));
        LoweringAssert.engine(q, sum).hasOperators("DynamicQuantizeLinear", "MatMulIntegerToFloat", "Add").isExact();

        Qdq shared = new Qdq(4);
        List<String> z = quantized(shared, shared.input(4, 7));
        String sums = shared.op(new MatMulInteger(), z.get(0), bytes(shared, INT8, 7, 6), z.get(2));
        String real = shared.op(MUL, shared.op(new Cast(DType.FLOAT32), sums), z.get(1));
        LoweringAssert kept = LoweringAssert.engine(shared, sums, real);
        assertThat(kept.lowered().nodes()).extracting(n -> n.op().type()).contains("MatMulInteger", "Cast", "Mul");
    }

    @Test
    void otherRuntimesGetTheChainAsItIs() {
        Qdq q = new Qdq(5);
        List<String> x = quantized(q, q.input(4, 7));
        String product = chain(q, x, bytes(q, INT8, 7, 6), q.zeroPoint(INT8, 0), q.constant(Tensor.scalar(0.02f)));
        LoweringAssert.onnxRuntime(q, product)
                .hasOperators("DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul", "Mul")
                .isExact();
    }
}
