package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
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
    ///
    /// As ONNX Runtime computes it (qlinear_pool.cc), which differs from a pool between quantizers: the zero point is
    /// added before rounding, which decides ties, and with padding counted every window has all its elements, those
    /// beyond the padding too.
    private static void averagePool(Body b) {
        boolean last = b.attributes().getBoolean("channels_last", false);
        Pool pool = Pool.of(PoolFunction.AVERAGE, b.attributes());
        if (pool.countIncludePad() && pool.ceilMode()) {
            pool = withWholeWindows(b, pool, last ? 1 : WindowGeometry.SPATIAL);
        }
        String x = last ? channelsFirst(b, b.operand(0)) : b.operand(0);
        String mean = b.add(pool, withParameters(b, new DequantizeLinear(1, 0), x, 1));
        String y = b.has(4) ? roundedWithZeroPoint(b, mean) : b.add(new QuantizeLinear(), mean, b.operand(3));
        b.output(last ? channelsLast(b, y) : y);
    }

    /// The same windows with padding that reaches to the end of the last one.
    ///
    /// @param first the first spatial axis of x
    private static Pool withWholeWindows(Body b, Pool pool, int first) {
        long[] extents = new long[b.rank(0)];
        Arrays.fill(extents, 1);
        for (int i = WindowGeometry.SPATIAL; i < extents.length; i++) {
            extents[i] = b.extent(0, first + i - WindowGeometry.SPATIAL);
        }
        WindowGeometry geometry = WindowGeometry.of(pool, Shape.of(extents));
        long[] pads = new long[2 * geometry.rank()];
        for (int i = 0; i < geometry.rank(); i++) {
            WindowGeometry.Axis axis = geometry.axis(i);
            long end = (axis.output() - 1) * axis.stride() + axis.dilatedKernel();
            pads[i] = axis.padBegin();
            pads[geometry.rank() + i] = Math.max(axis.padEnd(), end - axis.padBegin() - axis.input());
        }
        return new Pool(pool.function(), pool.window().withPads(pads), false, true, false, pool.p());
    }

    /// `round(x/scale + zeroPoint)` by operands 3 and 4.
    private static String roundedWithZeroPoint(Body b, String x) {
        String quotient = b.add(new Binary(BinaryFunction.DIV), x, b.operand(3));
        String moved = b.plus(quotient, b.cast(b.operand(4), DType.FLOAT32));
        return b.add(new QuantizeLinear(), moved, b.scalar(DType.FLOAT32, 1), b.scalar(b.dtype(4), 0));
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

    /// Rows of a table that is quantized in blocks along an axis. Inputs codes (4 bits, or UINT8 with one code of 8
    /// bits, two of 4 or four of 2), indices, scales, zero points? like the codes.
    private static void gatherBlocks(Body b) {
        int axis = Shape.normalizeAxis(b.attributes().getInt("gather_axis", 0), b.rank(0));
        int quantized = Shape.normalizeAxis(b.attributes().getInt("quantize_axis", 1), b.rank(0));
        if (axis == quantized) {
            throw Inference.mismatch("attribute quantize_axis", "another axis than gather_axis", quantized);
        }
        int moved = quantized < axis ? quantized : quantized + b.rank(1) - 1;
        int blockSize = b.attributes().getInt("block_size", 128);
        int bits = b.attributes().getInt("bits", 4);
        if (bits != 2 && bits != 4 && bits != 8) {
            throw Inference.mismatch("attribute bits", "2, 4 or 8", bits);
        }
        boolean bytes = b.dtype(0) == DType.UINT8;
        int packed = bytes ? Byte.SIZE / bits : 1;
        if (packed > 1 && quantized != b.rank(0) - 1) {
            throw new UnsupportedOperationException(
                    "codes of " + bits + " bits in UINT8 along another axis than the last");
        }
        Gather gather = new Gather(axis);
        String codes = unpacked(b, b.add(gather, b.operand(0), b.operand(1)), packed);
        String scales = b.add(gather, b.operand(2), b.operand(1));
        DequantizeLinear dequantizer = new DequantizeLinear(moved, blockSize);
        if (b.has(3)) {
            String zeroPoints = unpacked(b, b.add(gather, b.operand(3), b.operand(1)), packed);
            if (packed > 1) {
                // The last byte of a row may be empty in part.
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

    /// The codes in each byte of the last axis, those in the low bits first.
    ///
    /// @param packed codes of a byte
    private static String unpacked(Body b, String x, int packed) {
        if (packed == 1) {
            return x;
        }
        int last = b.rank(0) + b.rank(1) - 1;
        int bits = Byte.SIZE / packed;
        String[] codes = new String[packed];
        for (int i = 0; i < packed; i++) {
            String shifted = b.add(new Binary(BinaryFunction.SHIFT_RIGHT), x, b.scalar(DType.UINT8, i * bits));
            String code =
                    b.add(new Binary(BinaryFunction.BITWISE_AND), shifted, b.scalar(DType.UINT8, (1 << bits) - 1));
            codes[i] = b.unsqueeze(code, last);
        }
        long[] extents = new long[last];
        extents[last - 1] = -1;
        return b.reshape(b.concat(last, codes), extents);
    }

    /// `aScale·bScale·Σ (a − aZeroPoint)·(b − bZeroPoint)`
    static String product(
            Body b, String a, String weights, String aScale, String bScale, String aZeroPoint, String bZeroPoint) {
        String sums = b.add(new MatMulInteger(), a, weights, aZeroPoint, bZeroPoint);
        return b.times(b.cast(sums, DType.FLOAT32), b.times(aScale, bScale));
    }
}
