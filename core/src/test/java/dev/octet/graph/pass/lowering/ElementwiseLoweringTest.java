package dev.octet.graph.pass.lowering;

import static dev.octet.tensor.DType.INT8;
import static dev.octet.tensor.DType.UINT8;

import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ElementwiseLoweringTest {
    @ParameterizedTest
    @CsvSource({"ADD, UINT8", "ADD, INT8", "MUL, UINT8", "MUL, INT8"})
    void lowersSumsAndProducts(BinaryFunction function, DType dtype) {
        Qdq q = new Qdq(1);
        String y = q.op(new Binary(function), q.activation(dtype, 2, 3, 4, 5), q.activation(dtype, 3, 1, 1));
        LoweringAssert.onnxRuntime(q, q.quantize(y, dtype, 0.0413f, 20))
                .hasOperators("QuantizeLinear", "QuantizeLinear", "QLinear" + function.type())
                .isClose();
    }

    @Test
    void lowersResidualBlocks() {
        Qdq q = new Qdq(2);
        String x = q.activation(UINT8, 1, 4, 9, 9);
        String w = q.weights(INT8, 0, 4, 4, 3, 3);
        String conv = q.op(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1), x, w, q.bias(0.031f, w, 4));
        String sum = q.op(new Binary(BinaryFunction.ADD), q.pair(conv, UINT8, 0.0397f, 120), x);
        String relu = q.op(Unary.of(UnaryFunction.RELU), sum);
        LoweringAssert.engine(q, q.quantize(relu, UINT8, 0.0213f, 0))
                .hasOperators("QuantizeLinear", "QLinearConv", "QLinearAdd")
                .isClose();
    }

    @Test
    void takesActivationsOfSumsAlong() {
        Qdq q = new Qdq(3);
        String sum = q.op(new Binary(BinaryFunction.ADD), q.activation(UINT8, 400), q.activation(INT8, 400));
        String y = q.quantize(q.op(Unary.of(UnaryFunction.HARD_SWISH), sum), INT8, 0.0213f, -100);
        LoweringAssert.engine(q, y).hasOperators("QuantizeLinear", "QuantizeLinear", "QLinearAdd").isClose();
    }

    @Test
    void leavesMixedTypesToRuntimesThatHaveThem() {
        Qdq q = new Qdq(4);
        String sum = q.op(new Binary(BinaryFunction.ADD), q.activation(UINT8, 400), q.activation(INT8, 400));
        LoweringAssert.onnxRuntime(q, q.quantize(sum, INT8, 0.0213f, -100))
                .hasOperators(
                        "QuantizeLinear",
                        "QuantizeLinear",
                        "DequantizeLinear",
                        "DequantizeLinear",
                        "Add",
                        "QuantizeLinear")
                .isExact();
    }

    @Test
    void requantizesPartsOfConcat() {
        Qdq q = new Qdq(5);
        String a = q.pair(q.input(2, 3, 40), UINT8, 0.021f, 120);
        String b = q.pair(q.input(2, 5, 40), UINT8, 0.037f, 100);
        LoweringAssert.onnxRuntime(q, q.quantize(q.op(new Concat(1), a, b), UINT8, 0.033f, 128))
                .hasOperators("QuantizeLinear", "QuantizeLinear", "QLinearConcat")
                .isExact();
    }

    @Test
    void poolsGlobally() {
        Qdq q = new Qdq(6);
        String x = q.activation(UINT8, 3, 40, 5, 7);
        String y = q.op(new Flatten(1), q.op(new GlobalPool(PoolFunction.AVERAGE), x));
        LoweringAssert.onnxRuntime(q, q.quantize(y, UINT8, 0.0053f, 128))
                .hasOperators("QuantizeLinear", "QLinearGlobalAveragePool", "Flatten")
                .isClose();
    }

    @Test
    void poolsWhereMeansAreTakenOverAllPixels() {
        Qdq q = new Qdq(16);
        String x = q.activation(UINT8, 3, 40, 5, 7);
        String flat = q.op(new Reduce(ReduceFunction.MEAN, false, false), x, q.constant(Tensor.vector(-1, 2)));
        LoweringAssert.onnxRuntime(q, q.quantize(flat, UINT8, 0.0053f, 128))
                .hasOperators("QuantizeLinear", "QLinearGlobalAveragePool", "Squeeze")
                .isClose();
        Qdq other = new Qdq(17);
        String y = other.activation(UINT8, 3, 40, 5, 7);
        String mean = other.op(new Reduce(ReduceFunction.MEAN, true, false), y, other.constant(Tensor.vector(1, 3)));
        LoweringAssert.engine(other, other.quantize(mean, UINT8, 0.0053f, 128))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "ReduceMean", "QuantizeLinear")
                .isExact();
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryFunction.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NOT", "IDENTITY", "CLIP", "ACOSH", "ACOS", "ASIN", "ATANH", "LOG", "SQRT", "RECIPROCAL"})
    void lowersFunctions(UnaryFunction function) {
        Qdq q = new Qdq(7);
        String y = q.op(Unary.of(function), q.activation(UINT8, 300));
        LoweringAssert.engine(q, q.quantize(y, INT8, 0.019f, -20))
                .hasOperators("QuantizeLinear", "QLinear" + function.type())
                .isExact();
    }

    @Test
    void lowersClip() {
        Qdq q = new Qdq(8);
        String low = q.constant(Tensor.scalar(-0.2f));
        String y = q.op(new Clip(), q.activation(UINT8, 300), low);
        LoweringAssert.engine(q, q.quantize(y, UINT8, 0.019f, 20))
                .hasOperators("QuantizeLinear", "QLinearClip")
                .isExact();
    }

    @Test
    void lowersFunctionsThatOtherRuntimesHave() {
        Qdq q = new Qdq(9);
        String x = q.activation(UINT8, 300);
        String sigmoid = q.quantize(q.op(Unary.of(UnaryFunction.SIGMOID), x), UINT8, 1 / 256f, 0);
        String tanh = q.quantize(q.op(Unary.of(UnaryFunction.TANH), x), UINT8, 1 / 128f, 128);
        LoweringAssert.onnxRuntime(q, sigmoid, tanh)
                .hasOperators("QuantizeLinear", "QLinearSigmoid", "DequantizeLinear", "Tanh", "QuantizeLinear")
                .isExact();
    }

    @Test
    void changesParameters() {
        Qdq q = new Qdq(10);
        LoweringAssert.engine(q, q.quantize(q.activation(UINT8, 300), INT8, 0.05f, -3))
                .hasOperators("QuantizeLinear", "QLinearIdentity")
                .isExact();
        Qdq other = new Qdq(11);
        LoweringAssert.onnxRuntime(other, other.quantize(other.activation(UINT8, 300), INT8, 0.05f, -3))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "QuantizeLinear")
                .isExact();
    }

    @Test
    void removesActivationsThatQuantizersRepeat() {
        Qdq q = new Qdq(12);
        String x = q.activation(UINT8, 300);
        String relu = q.op(Unary.of(UnaryFunction.RELU), x);
        String six = q.op(new Clip(), q.input(300), q.constant(Tensor.scalar(0f)), q.constant(Tensor.scalar(6f)));
        LoweringAssert.onnxRuntime(q, q.quantize(relu, UINT8, 0.01f, 0), q.quantize(six, INT8, 6 / 255f, -128))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "QuantizeLinear", "QuantizeLinear")
                .isExact();
        Qdq other = new Qdq(13);
        String positive = other.pair(other.input(300), UINT8, 0.02f, 0);
        LoweringAssert.engine(
                        other, other.op(Unary.of(UnaryFunction.EXP), other.op(Unary.of(UnaryFunction.RELU), positive)))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "Exp")
                .isExact();
    }

    @Test
    void keepsActivationsThatQuantizersDoNotRepeat() {
        Qdq q = new Qdq(14);
        String six = q.op(new Clip(), q.input(300), q.constant(Tensor.scalar(0f)), q.constant(Tensor.scalar(1f)));
        LoweringAssert.engine(q, q.quantize(six, UINT8, 0.01f, 0)).hasOperators("Clip", "QuantizeLinear").isExact();
    }

    @Test
    void leavesFloatOperandsAlone() {
        Qdq q = new Qdq(15);
        String x = q.activation(UINT8, 300);
        String scaled = q.op(new Binary(BinaryFunction.MUL), x, q.constant(Tensor.scalar(0.5f)));
        String difference = q.op(new Binary(BinaryFunction.SUB), x, q.activation(UINT8, 300));
        LoweringAssert.engine(q, q.quantize(scaled, UINT8, 0.01f, 0), q.quantize(difference, UINT8, 0.03f, 128))
                .hasOperators(
                        "QuantizeLinear",
                        "DequantizeLinear",
                        "Mul",
                        "QuantizeLinear",
                        "QuantizeLinear",
                        "DequantizeLinear",
                        "Sub",
                        "QuantizeLinear")
                .isExact();
    }
}
