package dev.octet.graph.pass.lowering;

import static dev.octet.tensor.DType.INT8;
import static dev.octet.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataMovementTest {
    private static final float SCALE = 0.031f;

    private static Op maxPool() {
        Attributes attributes =
                Attributes.builder()
                        .put("kernel_shape", List.of(3L, 3L))
                        .put("strides", List.of(2L, 2L))
                        .put("pads", List.of(1L, 1L, 1L, 1L))
                        .build();
        return Operators.read("", "MaxPool", attributes);
    }

    private static Op nearest() {
        Attributes attributes =
                Attributes.builder()
                        .put("mode", "nearest")
                        .put("coordinate_transformation_mode", "asymmetric")
                        .put("nearest_mode", "floor")
                        .build();
        return Operators.read("", "Resize", attributes);
    }

    @Test
    void movesIntegersBetweenEqualParameters() {
        Qdq q = new Qdq(1);
        String x = q.activation(UINT8, 2, 6, 8, 10);
        String a = q.op(new Transpose(List.of(0L, 2L, 3L, 1L)), x);
        String b = q.op(new Reshape(false), a, q.constant(Tensor.vector(2, 1, 80, 6)));
        String c = q.op(new Squeeze(), b, q.constant(Tensor.vector(1)));
        String d =
                q.op(
                        new Slice(),
                        c,
                        q.constant(Tensor.vector(1)),
                        q.constant(Tensor.vector(60)),
                        q.constant(Tensor.vector(1)));
        String e = q.op(new Gather(1), d, q.constant(Tensor.vector(3, 5, 5)));
        String f = q.op(new Unsqueeze(), e, q.constant(Tensor.vector(0)));
        String g = q.op(new Expand(), f, q.constant(Tensor.vector(3, 1, 1, 1)));
        String h = q.op(new Tile(), g, q.constant(Tensor.vector(1, 1, 2, 1)));
        String i = q.op(new Identity(), q.op(new Flatten(2), h));
        LoweringAssert.onnxRuntime(q, q.quantize(i, UINT8, SCALE, 133))
                .hasOperators(
                        "QuantizeLinear",
                        "Transpose",
                        "Reshape",
                        "Squeeze",
                        "Slice",
                        "Gather",
                        "Unsqueeze",
                        "Expand",
                        "Tile",
                        "Flatten",
                        "Identity")
                .isExact();
    }

    @Test
    void poolsAndResizesIntegers() {
        Qdq q = new Qdq(2);
        String pooled = q.op(maxPool(), q.activation(INT8, 1, 3, 9, 9));
        String scales = q.constant(Tensor.of(Shape.of(4), 1f, 1f, 2f, 2f));
        String resized = q.op(nearest(), pooled, "", scales);
        LoweringAssert.engine(q, q.quantize(resized, INT8, SCALE, 7))
                .hasOperators("QuantizeLinear", "MaxPool", "Resize")
                .isExact();
    }

    @Test
    void splitsIntegers() {
        Qdq q = new Qdq(3);
        String x = q.activation(UINT8, 4, 6);
        Node split =
                new Node("split", new Split(1, 0), List.of(x, q.constant(Tensor.vector(2, 4))), List.of("s0", "s1"));
        q.builder.add(split);
        String y = q.quantize("s0", UINT8, SCALE, 133);
        LoweringAssert.engine(q, y, q.op(Unary.of(UnaryFunction.EXP), "s1"))
                .hasOperators("QuantizeLinear", "Split", "DequantizeLinear", "Exp")
                .isExact();
    }

    @Test
    void joinsIntegersOfEqualParameters() {
        Qdq q = new Qdq(4);
        String joined = q.op(new Concat(0), q.activation(UINT8, 4, 6), q.activation(UINT8, 5, 6));
        LoweringAssert.engine(q, q.quantize(joined, UINT8, SCALE, 133))
                .hasOperators("QuantizeLinear", "QuantizeLinear", "Concat")
                .isExact();
    }

    @Test
    void padsIntegersWithTheirZero() {
        Op pad = Operators.read("", "Pad", Attributes.EMPTY);
        Qdq q = new Qdq(5);
        String y = q.op(pad, q.activation(UINT8, 4, 6), q.constant(Tensor.vector(1, 0, 2, 3)));
        LoweringAssert.engine(q, q.quantize(y, UINT8, SCALE, 133)).hasOperators("QuantizeLinear", "Pad").isExact();
        Qdq other = new Qdq(6);
        String between = other.constant(Tensor.scalar(0.02f));
        String z = other.op(pad, other.activation(UINT8, 4, 6), other.constant(Tensor.vector(1, 0, 2, 3)), between);
        LoweringAssert.onnxRuntime(other, z).hasOperators("QuantizeLinear", "DequantizeLinear", "Pad").isExact();
    }

    @Test
    void quantizesBeforeMoving() {
        Qdq q = new Qdq(7);
        String w = q.weights(INT8, 0, 4, 3, 3, 3);
        String conv = q.op(new Conv(Window.of(3, 3), 1), q.activation(UINT8, 1, 3, 12, 12), w);
        String pooled = q.op(maxPool(), q.op(Unary.of(UnaryFunction.RELU), conv));
        String moved = q.op(new Transpose(List.of(0L, 2L, 3L, 1L)), pooled);
        LoweringAssert.onnxRuntime(q, q.quantize(moved, UINT8, 0.0213f, 0))
                .hasOperators("QuantizeLinear", "QLinearConv", "MaxPool", "Transpose")
                .isClose();
    }

    @Test
    void movesDequantizersBehindWhatFeedsFloat() {
        Qdq q = new Qdq(8);
        String table =
                q.op(
                        new DequantizeLinear(),
                        q.quantize(q.floats(50, 6), INT8, 0.02f, 0),
                        q.constant(Tensor.scalar(0.02f)),
                        q.zeroPoint(INT8, 0));
        String row = q.op(new Gather(0), table, q.constant(Tensor.vector(3, 49)));
        LoweringAssert lowered =
                LoweringAssert.engine(q, q.op(Unary.of(UnaryFunction.EXP), row))
                        .hasOperators("Gather", "DequantizeLinear", "Exp")
                        .isExact();
        assertThat(lowered.lowered().constants().values()).extracting(Tensor::dtype).contains(INT8);
    }

    @Test
    void keepsQuantizersOfOtherTypesWhereTheyAre() {
        Qdq q = new Qdq(9);
        String x = q.pair(q.input(4, 6), DType.INT16, 0.001f, 0);
        LoweringAssert.engine(q, q.op(new Transpose(List.of(1L, 0L)), x))
                .hasOperators("QuantizeLinear", "DequantizeLinear", "Transpose")
                .isExact();
    }

    @Test
    void readsShapesOfIntegers() {
        Qdq q = new Qdq(11);
        String shape = q.op(Operators.read("", "Shape", Attributes.EMPTY), q.activation(UINT8, 4, 6));
        q.builder.output(new ValueInfo(shape, TypeInfo.of(DType.INT64, Shape.of(2))));
        LoweringAssert.engine(q).hasOperators("QuantizeLinear", "Shape").isExact();
    }

    @Test
    void keepsQuantizersThatTheGraphReturns() {
        Qdq q = new Qdq(10);
        String x = q.activation(UINT8, 4, 6);
        LoweringAssert.engine(q, q.quantize(x, UINT8, SCALE, 133), x)
                .hasOperators("QuantizeLinear", "DequantizeLinear")
                .isExact();
    }
}
