package dev.octet.graph.op;

import dev.octet.tensor.DType;
import java.util.List;

/// Operators over quantized values that ONNX Runtime defines by the float operator between a dequantizer and a
/// quantizer, or by an integer product and its scales.
final class QuantizedBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.microsoft("DynamicQuantizeMatMul", QuantizedBodies::dynamicMatMul),
                    Composition.microsoft("QLinearAveragePool", QuantizedBodies::averagePool),
                    Composition.microsoft("QLinearSoftmax", QuantizedBodies::softmax));

    private QuantizedBodies() {}

    /// Inputs x, xScale, xZeroPoint?, yScale, yZeroPoint?.
    private static void averagePool(Body b) {
        if (b.attributes().getBoolean("channels_last", false)) {
            throw new UnsupportedOperationException("attribute channels_last = 1 is not supported");
        }
        aroundFloat(b, Pool.of(PoolFunction.AVERAGE, b.attributes()));
    }

    /// Inputs x, xScale, xZeroPoint?, yScale, yZeroPoint. The attribute `opset` says which rule Softmax follows.
    private static void softmax(Body b) {
        aroundFloat(b, new Softmax(b.attributes().getInt("axis", -1), false, b.attributes().getInt("opset", 13) < 13));
    }

    private static void aroundFloat(Body b, Op op) {
        String x = b.add(new DequantizeLinear(1, 0), present(b, 0, 1, 2));
        String y = b.add(op, x);
        String[] quantizer = present(b, 0, 3, 4);
        quantizer[0] = y;
        b.output(b.add(new QuantizeLinear(), quantizer));
    }

    /// Names of operands, without the last one if that is absent.
    private static String[] present(Body b, int first, int second, int third) {
        return b.has(third)
                ? new String[] {b.operand(first), b.operand(second), b.operand(third)}
                : new String[] {b.operand(first), b.operand(second)};
    }

    /// Inputs A (FLOAT32), B, bScale, bZeroPoint?, bias?: A is quantized by the range that it has.
    private static void dynamicMatMul(Body b) {
        List<String> a = b.addAll(new DynamicQuantizeLinear(), 3, b.operand(0));
        String product = product(b, a.get(0), b.operand(1), a.get(1), b.operand(2), a.get(2), b.operand(3));
        b.output(b.plusOperand(product, 4));
    }

    /// `aScale·bScale·Σ (a − aZeroPoint)·(b − bZeroPoint)`
    static String product(
            Body b, String a, String weights, String aScale, String bScale, String aZeroPoint, String bZeroPoint) {
        String sums = b.add(new MatMulInteger(), a, weights, aZeroPoint, bZeroPoint);
        return b.times(b.cast(sums, DType.FLOAT32), b.times(aScale, bScale));
    }
}
