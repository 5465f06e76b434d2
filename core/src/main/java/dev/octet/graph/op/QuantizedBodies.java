package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/// Operators over quantized values that ONNX Runtime defines by the float operator between a dequantizer and a
/// quantizer, or by an integer product and its scales.
final class QuantizedBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.microsoft("DynamicQuantizeMatMul", QuantizedBodies::dynamicMatMul),
                    Composition.microsoft("GatherBlockQuantized", QuantizedBodies::gatherBlocks),
                    Composition.microsoft("QLinearAveragePool", QuantizedBodies::averagePool),
                    Composition.microsoft("QLinearSoftmax", QuantizedBodies::softmax));

    private QuantizedBodies() {}

    /// Inputs x, xScale, xZeroPoint?, yScale, yZeroPoint?.
    private static void averagePool(Body b) {
        Pool pool = Pool.of(PoolFunction.AVERAGE, b.attributes());
        boolean last = b.attributes().getBoolean("channels_last", false);
        String x = last ? channelsFirst(b, b.operand(0)) : b.operand(0);
        String y = aroundFloat(b, x, pool);
        b.output(last ? channelsLast(b, y) : y);
    }

    /// Channels last. Inputs as above.
    static void globalAveragePool(Body b) {
        String y = aroundFloat(b, channelsFirst(b, b.operand(0)), new GlobalPool(PoolFunction.AVERAGE));
        b.output(channelsLast(b, y));
    }

    private static String channelsFirst(Body b, String x) {
        b.requireRank(0, 3);
        long[] order = LongStream.range(0, b.rank(0)).toArray();
        System.arraycopy(order, 1, order, 2, order.length - 2);
        order[1] = order.length - 1L;
        return b.transpose(x, order);
    }

    private static String channelsLast(Body b, String x) {
        long[] order = LongStream.range(0, b.rank(0)).toArray();
        System.arraycopy(order, 2, order, 1, order.length - 2);
        order[order.length - 1] = 1;
        return b.transpose(x, order);
    }

    /// Inputs x, xScale, xZeroPoint?, yScale, yZeroPoint. The attribute `opset` says which rule Softmax follows.
    private static void softmax(Body b) {
        Softmax op = new Softmax(b.attributes().getInt("axis", -1), false, b.attributes().getInt("opset", 13) < 13);
        b.output(aroundFloat(b, b.operand(0), op));
    }

    /// The operator between a dequantizer (operands 1 and 2) and a quantizer (operands 3 and 4).
    private static String aroundFloat(Body b, String x, Op op) {
        String real = withParameters(b, new DequantizeLinear(1, 0), x, 1);
        return withParameters(b, new QuantizeLinear(), b.add(op, real), 3);
    }

    /// A quantizer with a scale and, if that is present, a zero point after it.
    private static String withParameters(Body b, Op quantizer, String x, int scale) {
        return b.has(scale + 1)
                ? b.add(quantizer, x, b.operand(scale), b.operand(scale + 1))
                : b.add(quantizer, x, b.operand(scale));
    }

    /// Inputs A (FLOAT32), B, bScale, bZeroPoint?, bias?: A is quantized by the range that it has.
    private static void dynamicMatMul(Body b) {
        List<String> a = b.addAll(new DynamicQuantizeLinear(), 3, b.operand(0));
        String product = product(b, a.get(0), b.operand(1), a.get(1), b.operand(2), a.get(2), b.operand(3));
        b.output(b.plusOperand(product, 4));
    }

    /// Rows of a table that is quantized in blocks along an axis. Inputs codes (4 bits, or UINT8 with one code or two),
    /// indices, scales, zero points? like the codes.
    private static void gatherBlocks(Body b) {
        int axis = Shape.normalizeAxis(b.attributes().getInt("gather_axis", 0), b.rank(0));
        int quantized = Shape.normalizeAxis(b.attributes().getInt("quantize_axis", 1), b.rank(0));
        if (axis == quantized) {
            throw Inference.mismatch("attribute quantize_axis", "another axis than gather_axis", quantized);
        }
        int moved = quantized < axis ? quantized : quantized + b.rank(1) - 1;
        int blockSize = b.attributes().getInt("block_size", 128);
        int bits = b.attributes().getInt("bits", 4);
        boolean bytes = b.dtype(0) == DType.UINT8;
        if (bytes && bits != 8 && (bits != 4 || quantized != b.rank(0) - 1)) {
            throw new UnsupportedOperationException(
                    "codes of " + bits + " bits in UINT8 along another axis than the last");
        }
        Gather gather = new Gather(axis);
        String codes = unpacked(b, b.add(gather, b.operand(0), b.operand(1)), bytes && bits == 4);
        String scales = b.add(gather, b.operand(2), b.operand(1));
        DequantizeLinear dequantizer = new DequantizeLinear(moved, blockSize);
        if (b.has(3)) {
            String zeroPoints = unpacked(b, b.add(gather, b.operand(3), b.operand(1)), bytes && bits == 4);
            if (bytes && bits == 4) {
                // The last byte of a row may be half empty.
                zeroPoints = b.slice(zeroPoints, 0, b.extent(2, quantized), moved);
            }
            b.output(b.add(dequantizer, codes, scales, zeroPoints));
        } else if (bytes) {
            String shape = b.add(ShapeOf.of(Attributes.EMPTY), scales);
            Tensor middle = Tensor.of(DType.UINT8, Shape.of(1), (byte) (1 << (bits - 1)));
            b.output(b.add(dequantizer, codes, scales, b.add(new ConstantOfShape(middle), shape)));
        } else {
            b.output(b.add(dequantizer, codes, scales));
        }
    }

    /// Two codes of 4 bits in each byte of the last axis, the one in the low bits first.
    private static String unpacked(Body b, String x, boolean packed) {
        if (!packed) {
            return x;
        }
        int last = b.rank(0) + b.rank(1) - 1;
        String low = b.add(new Binary(BinaryFunction.BITWISE_AND), x, b.scalar(DType.UINT8, 15));
        String high = b.add(new Binary(BinaryFunction.SHIFT_RIGHT), x, b.scalar(DType.UINT8, 4));
        String pairs = b.concat(last, b.unsqueeze(low, last), b.unsqueeze(high, last));
        long[] extents = new long[last];
        extents[last - 1] = -1;
        return b.reshape(pairs, extents);
    }

    /// `aScale·bScale·Σ (a − aZeroPoint)·(b − bZeroPoint)`
    static String product(
            Body b, String a, String weights, String aScale, String bScale, String aZeroPoint, String bZeroPoint) {
        String sums = b.add(new MatMulInteger(), a, weights, aZeroPoint, bZeroPoint);
        return b.times(b.cast(sums, DType.FLOAT32), b.times(aScale, bScale));
    }
}
