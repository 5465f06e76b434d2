package dev.octet.graph.pass.lowering;

import static dev.octet.tensor.DType.INT8;
import static dev.octet.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProductLoweringTest {
    private static final Window THREE = Window.of(3, 3).withPads(1, 1, 1, 1);

    @ParameterizedTest
    @CsvSource({"UINT8, INT8", "UINT8, UINT8", "INT8, INT8", "INT8, UINT8"})
    void lowersChainsOfConvolutionsToIntegersOnly(DType activations, DType weights) {
        Qdq q = new Qdq(1);
        int zero = (int) activations.minValue();
        String x = q.activation(activations, 2, 3, 9, 8);
        String w1 = q.weights(weights, 0, 8, 3, 3, 3);
        String y1 = q.op(new Conv(THREE.withStrides(2, 1), 1), x, w1, q.bias(0.031f, w1, 8));
        String a1 = q.pair(q.op(Unary.of(UnaryFunction.RELU), y1), activations, 0.05f, zero);
        String w2 = q.weights(weights, 0, 8, 1, 3, 3);
        String y2 = q.op(new Conv(THREE, 8), a1, w2, q.bias(0.05f, w2, 8));
        String six = q.op(new Clip(), y2, q.constant(Tensor.scalar(0f)), q.constant(Tensor.scalar(6f)));
        String a2 = q.pair(six, activations, 6 / 255f, zero);
        String w3 = q.weights(weights, 0, 6, 4, 1, 1);
        String y3 = q.op(new Conv(Window.of(1, 1), 2), a2, w3, q.bias(6 / 255f, w3, 6));
        LoweringAssert.engine(q, q.quantize(y3, activations, 0.02f, zero + 128))
                .hasOperators("QuantizeLinear", "QLinearConv", "QLinearConv", "QLinearConv")
                .isClose();
    }

    @Test
    void lowersOneDimensionalConvolutions() {
        Qdq q = new Qdq(2);
        String w = q.weights(INT8, 0, 5, 4, 3);
        String y = q.op(new Conv(Window.of(3), 1), q.activation(UINT8, 2, 4, 11), w);
        LoweringAssert.onnxRuntime(q, q.quantize(y, UINT8, 0.03f, 100))
                .hasOperators("QuantizeLinear", "QLinearConv")
                .isClose();
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryFunction.class,
            names = {"HARD_SWISH", "LEAKY_RELU", "HARD_SIGMOID", "SIGMOID", "GELU", "TANH", "RELU"})
    void takesActivationsAlong(UnaryFunction function) {
        Qdq q = new Qdq(3);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w, q.bias(0.031f, w, 4));
        LoweringAssert lowered =
                LoweringAssert.engine(q, q.quantize(q.op(Unary.of(function), y), UINT8, 0.02f, 10))
                        .hasOperators("QuantizeLinear", "QLinearConv")
                        .isClose();
        QLinearConv conv = (QLinearConv) lowered.lowered().nodes().get(1).op();
        assertThat(conv.epilogue().function()).isEqualTo(function);
    }

    @Test
    void leavesActivationsToRuntimesWithoutSuchForms() {
        Qdq q = new Qdq(4);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w);
        String swish = q.op(Unary.of(UnaryFunction.HARD_SWISH), y);
        LoweringAssert.onnxRuntime(q, q.quantize(swish, UINT8, 0.02f, 10))
                .hasOperators(
                        "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "HardSwish", "QuantizeLinear")
                .isExact();
    }

    /// The zero point is not the smallest integer, so that the quantizer does not do what ReLU and Clip do.
    @ParameterizedTest
    @CsvSource({"RELU, 10", "CLIP, 10", "CLIP, 0"})
    void limitsIntegersWhereRuntimesHaveNoSuchForms(UnaryFunction function, int zeroPoint) {
        Qdq q = new Qdq(14);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w);
        String limited =
                function == UnaryFunction.RELU
                        ? q.op(Unary.of(function), y)
                        : q.op(new Clip(), y, q.constant(Tensor.scalar(0f)), q.constant(Tensor.scalar(1.3f)));
        LoweringAssert.onnxRuntime(q, q.quantize(limited, UINT8, 0.02f, zeroPoint))
                .hasOperators("QuantizeLinear", "QLinearConv", "Clip")
                .isClose();
    }

    @Test
    void givesFloatsToWhatFollowsAProductWhereRuntimesHaveNoSuchForms() {
        Qdq q = new Qdq(15);
        String w = q.weights(INT8, 1, 12, 7);
        String y = q.op(new MatMul(), q.activation(UINT8, 2, 5, 12), w);
        String biased = q.op(new Binary(BinaryFunction.ADD), y, q.floats(7));
        String gelu = q.op(Unary.of(UnaryFunction.GELU), biased);
        LoweringAssert.onnxRuntime(q, q.quantize(gelu, UINT8, 0.02f, 10))
                .hasOperators("QuantizeLinear", "MatMulIntegerToFloat", "Gelu", "QuantizeLinear")
                .isClose();
    }

    @Test
    void givesFloatsOfProductsOfActivationsAndOfOtherAdditions() {
        Qdq q = new Qdq(16);
        String product = q.op(new MatMul(), q.activation(UINT8, 2, 5, 12), q.activation(UINT8, 2, 12, 3));
        String w = q.weights(INT8, 1, 12, 3);
        String weighed = q.op(new MatMul(), q.activation(UINT8, 2, 5, 12), w);
        String sum = q.op(new Binary(BinaryFunction.ADD), weighed, q.floats(5, 3));
        LoweringAssert.onnxRuntime(q, product, sum)
                .hasOperators(
                        "QuantizeLinear",
                        "QuantizeLinear",
                        "QuantizeLinear",
                        "MatMulIntegerToFloat",
                        "MatMulIntegerToFloat",
                        "Add")
                .isClose();
    }

    @Test
    void leavesFloatResults() {
        Qdq q = new Qdq(5);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w, q.bias(0.031f, w, 4));
        LoweringAssert.engine(q, q.op(Unary.of(UnaryFunction.HARD_SWISH), y))
                .hasOperators("QuantizeLinear", "QLinearConv")
                .isClose();
    }

    @Test
    void leavesFloatResultsWhereOthersReadThem() {
        Qdq q = new Qdq(6);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w);
        LoweringAssert.engine(q, q.quantize(y, UINT8, 0.02f, 128), q.op(Unary.of(UnaryFunction.EXP), y))
                .hasOperators("QuantizeLinear", "QLinearConv", "QuantizeLinear", "Exp")
                .isClose();
    }

    @Test
    void quantizesFloatBiases() {
        Qdq q = new Qdq(7);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w, q.floats(4));
        LoweringAssert.engine(q, q.quantize(y, UINT8, 0.02f, 128))
                .hasOperators("QuantizeLinear", "QLinearConv")
                .isCloseUpToBiasRounding(0);
    }

    @Test
    void refusesBiasesWhoseRoundingWouldShow() {
        Qdq q = new Qdq(8);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w, q.floats(4));
        LoweringAssert.engine(q, q.quantize(y, UINT8, 0.0005f, 128))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear")
                .isExact();
    }

    @Test
    void refusesBiasesThatDoNotFit() {
        Qdq q = new Qdq(9);
        String w = q.weights(INT8, 0, 1, 3, 1, 1);
        String bias = q.constant(Tensor.of(Shape.of(1), 1e9f));
        String y = q.op(new Conv(Window.of(1, 1), 1), q.activation(UINT8, 1, 3, 4, 4), w, bias);
        LoweringAssert.engine(q, y)
                .hasOperators("QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv")
                .isExact();
    }

    @Test
    void quantizesFloatWeightsThatHaveQuantizers() {
        Qdq q = new Qdq(10);
        String w = q.pair(q.floats(4, 3, 3, 3), INT8, 0.02f, 0);
        String y = q.op(new Conv(THREE, 1), q.activation(UINT8, 1, 3, 9, 9), w);
        LoweringAssert.onnxRuntime(q, q.quantize(y, UINT8, 0.05f, 128))
                .hasOperators("QuantizeLinear", "QLinearConv")
                .isClose();
    }

    @Test
    void understandsSharedAndMinimalQuantizers() {
        Qdq q = new Qdq(11);
        String x = q.input(1, 3, 6, 6);
        String scale = q.constant(Tensor.of(Shape.of(1), 0.02f));
        String quantized = q.op(new QuantizeLinear(), q.op(Unary.of(UnaryFunction.ABS), x), scale);
        String first = q.op(new DequantizeLinear(), quantized, scale);
        String second = q.op(new DequantizeLinear(), quantized, scale);
        Tensor weights =
                Tensor.of(INT8, Shape.of(2, 3, 1, 1), (byte) 1, (byte) -2, (byte) 3, (byte) 4, (byte) 5, (byte) -6);
        String w = q.op(new DequantizeLinear(), q.constant(weights), scale);
        String a = q.quantize(q.op(new Conv(Window.of(1, 1), 1), first, w), UINT8, 0.0031f, 100);
        String b = q.quantize(q.op(new Conv(Window.of(1, 1), 1), first, w), UINT8, 0.0043f, 100);
        String c = q.quantize(q.op(new Conv(Window.of(1, 1), 1), second, w), UINT8, 0.0057f, 100);
        LoweringAssert.onnxRuntime(q, a, b, c)
                .hasOperators("Abs", "QuantizeLinear", "QLinearConv", "QLinearConv", "QLinearConv")
                .isClose();
    }

    @ParameterizedTest
    @CsvSource({"true, 1, 1", "false, 0.5, 1", "true, 0.25, 2"})
    void lowersGemm(boolean transB, float alpha, float beta) {
        Qdq q = new Qdq(12);
        String w = transB ? q.weights(INT8, 0, 7, 12) : q.weights(INT8, 1, 12, 7);
        String y = q.op(new Gemm(alpha, beta, false, transB), q.activation(UINT8, 40, 12), w, q.floats(7));
        LoweringAssert.onnxRuntime(q, q.quantize(y, UINT8, 0.02f, 128), y)
                .hasOperators("QuantizeLinear", "QGemm", "QuantizeLinear")
                .isCloseUpToBiasRounding(0.001);
        Qdq other = new Qdq(13);
        String v = transB ? other.weights(INT8, 0, 7, 12) : other.weights(INT8, 1, 12, 7);
        String z = other.op(new Gemm(alpha, beta, false, transB), other.activation(UINT8, 40, 12), v);
        LoweringAssert.engine(other, other.quantize(other.op(Unary.of(UnaryFunction.TANH), z), INT8, 0.01f, 5))
                .hasOperators("QuantizeLinear", "QGemm")
                .isClose();
    }

    @Test
    void foldsAdditionsIntoMatrixProducts() {
        Qdq q = new Qdq(14);
        String w = q.weights(INT8, 1, 12, 10);
        String y = q.op(new MatMul(), q.activation(UINT8, 3, 5, 12), w);
        String sum = q.op(new Binary(BinaryFunction.ADD), q.floats(10), y);
        LoweringAssert.engine(q, q.quantize(q.op(Unary.of(UnaryFunction.GELU), sum), UINT8, 0.02f, 20))
                .hasOperators("QuantizeLinear", "QLinearMatMul")
                .isCloseUpToBiasRounding(0);
        Qdq other = new Qdq(15);
        String v = other.weights(INT8, 1, 12, 10);
        String z = other.op(new MatMul(), other.activation(UINT8, 3, 5, 12), v);
        LoweringAssert.engine(other, other.op(new Binary(BinaryFunction.ADD), z, other.bias(0.031f, v, 10)))
                .hasOperators("QuantizeLinear", "QLinearMatMul")
                .isClose();
    }

    @Test
    void keepsAdditionsThatAreNoBias() {
        Qdq q = new Qdq(16);
        String w = q.weights(INT8, 1, 12, 10);
        String y = q.op(new MatMul(), q.activation(UINT8, 5, 12), w);
        // One number a row, and one that would add an axis.
        String sum = q.op(new Binary(BinaryFunction.ADD), y, q.floats(5, 1));
        String more = q.op(new Binary(BinaryFunction.ADD), sum, q.floats(2, 1, 10));
        LoweringAssert.engine(q, more).hasOperators("QuantizeLinear", "QLinearMatMul", "Add", "Add").isClose();
    }

    @Test
    void multipliesActivations() {
        Qdq q = new Qdq(17);
        String y = q.op(new MatMul(), q.activation(UINT8, 2, 3, 6, 8), q.activation(INT8, 2, 1, 8, 5));
        LoweringAssert.engine(q, y).hasOperators("QuantizeLinear", "QuantizeLinear", "QLinearMatMul").isClose();
        Qdq other = new Qdq(18);
        String z = other.op(new MatMul(), other.activation(UINT8, 2, 3, 6, 8), other.activation(UINT8, 2, 3, 8, 5));
        LoweringAssert.onnxRuntime(other, other.quantize(z, UINT8, 0.05f, 128))
                .hasOperators("QuantizeLinear", "QuantizeLinear", "QLinearMatMul")
                .isClose();
    }

    @Test
    void takesScalarFactorsIntoScales() {
        Qdq q = new Qdq(24);
        String y = q.op(new MatMul(), q.activation(UINT8, 2, 3, 6, 8), q.activation(UINT8, 2, 3, 8, 6));
        String scores = q.op(new Binary(BinaryFunction.DIV), y, q.constant(Tensor.scalar(2.83f)));
        LoweringAssert.engine(q, scores).hasOperators("QuantizeLinear", "QuantizeLinear", "QLinearMatMul").isClose();
        Qdq other = new Qdq(25);
        String x = other.activation(UINT8, 6, 8);
        String z = other.op(new MatMul(), x, other.weights(INT8, 1, 8, 5));
        String half = other.op(new Binary(BinaryFunction.MUL), other.constant(Tensor.scalar(0.49f)), z);
        LoweringAssert.onnxRuntime(other, other.quantize(half, UINT8, 0.0317f, 128))
                .hasOperators("QuantizeLinear", "QLinearMatMul")
                .isClose();
        Qdq inverse = new Qdq(26);
        String w = inverse.op(new MatMul(), inverse.activation(UINT8, 6, 8), inverse.weights(INT8, 1, 8, 5));
        LoweringAssert.engine(
                        inverse, inverse.op(new Binary(BinaryFunction.DIV), inverse.constant(Tensor.scalar(2f)), w))
                .hasOperators("QuantizeLinear", "QLinearMatMul", "Div")
                .isClose();
    }

    @Test
    void followsScalesThroughTransposedWeights() {
        Qdq q = new Qdq(19);
        String w = q.op(new Transpose(List.of(1L, 0L)), q.weights(INT8, 0, 10, 12));
        String y = q.op(new MatMul(), q.activation(UINT8, 5, 12), w);
        LoweringAssert lowered = LoweringAssert.engine(q, y).hasOperators("QuantizeLinear", "QLinearMatMul").isClose();
        Node product = lowered.lowered().nodes().get(1);
        Graph graph = lowered.lowered();
        assertThat(graph.constant(product.input(3)).orElseThrow().shape()).isEqualTo(Shape.of(12, 10));
        assertThat(product.op()).isInstanceOf(QLinearMatMul.class);
    }

    @Test
    void leavesOtherProductsInFloat() {
        String[] float32 = {"QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "MatMul"};
        Qdq wrongAxis = new Qdq(20);
        String a = wrongAxis.activation(UINT8, 5, 12);
        LoweringAssert.engine(wrongAxis, wrongAxis.op(new MatMul(), a, wrongAxis.weights(INT8, 0, 12, 10)))
                .hasOperators(float32)
                .isExact();
        Qdq sixteen = new Qdq(21);
        String b = sixteen.pair(sixteen.input(5, 12), DType.UINT16, 0.0001f, 30000);
        LoweringAssert.engine(sixteen, sixteen.op(new MatMul(), b, sixteen.weights(INT8, 1, 12, 10)))
                .hasOperators(float32)
                .isExact();
    }

    @ParameterizedTest
    @CsvSource({"INT4, 0", "UINT4, 7", "INT2, 0"})
    void widensNarrowWeights(DType dtype, int zeroPoint) {
        Qdq product = new Qdq(22);
        String w = product.pair(product.floats(12, 10), dtype, 0.3171f, zeroPoint);
        String y = product.op(new MatMul(), product.activation(UINT8, 5, 12), w);
        LoweringAssert.engine(product, product.quantize(y, UINT8, 0.0517f, 128))
                .hasOperators("QuantizeLinear", "QLinearMatMul")
                .isClose();
        Qdq window = new Qdq(24);
        String kernel = window.pair(window.floats(8, 3, 3, 3), dtype, 0.2173f, zeroPoint);
        String z = window.op(new Conv(THREE, 1), window.activation(UINT8, 2, 3, 9, 8), kernel);
        LoweringAssert.engine(window, window.quantize(z, UINT8, 0.0517f, 128))
                .hasOperators("QuantizeLinear", "QLinearConv")
                .isClose();
    }

    @Test
    void leavesParametersThatAreNotConstant() {
        Qdq q = new Qdq(23);
        String scale = q.op(Unary.of(UnaryFunction.ABS), q.input(1));
        String zero = q.zeroPoint(UINT8, 3);
        String x = q.op(new DequantizeLinear(), q.op(new QuantizeLinear(), q.input(5, 12), scale, zero), scale, zero);
        LoweringAssert.engine(q, q.op(new MatMul(), x, q.weights(INT8, 1, 12, 10)))
                .hasOperators("Abs", "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "MatMul")
                .isExact();
    }
}
