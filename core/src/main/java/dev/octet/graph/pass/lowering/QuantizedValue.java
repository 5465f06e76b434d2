package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// An integer value with constant parameters, next to a quantizer or a dequantizer.
///
/// @param node the QuantizeLinear that makes the value, or the DequantizeLinear that reads it
/// @param integers name of the value
/// @param scale name of its scale
/// @param zeroPoint name of its zero point, or empty for 0
/// @param zeroPoints as many as scales
/// @param axis of scales, if there are several
record QuantizedValue(
        Node node,
        String integers,
        DType dtype,
        String scale,
        String zeroPoint,
        float[] scales,
        int[] zeroPoints,
        int axis) {

    /// The integers that a value was dequantized from, or null if it was not, or not with constant parameters.
    static @Nullable QuantizedValue dequantized(Rewriter graph, String value) {
        Node node = graph.producer(value);
        return node == null ? null : dequantizer(graph, node);
    }

    /// What a DequantizeLinear reads; null for other nodes, and for blocked or variable parameters.
    static @Nullable QuantizedValue dequantizer(Rewriter graph, Node node) {
        if (!(node.op() instanceof DequantizeLinear op) || op.blockSize() > 0) {
            return null;
        }
        DType dtype = graph.dtype(node.input(0));
        if (dtype == null && !node.has(2)) {
            // The operator's default.
            dtype = DType.UINT8;
        }
        return read(graph, node, node.input(0), dtype, op.axis());
    }

    /// What a QuantizeLinear makes; null for other nodes, and for blocked or variable parameters.
    static @Nullable QuantizedValue quantizer(Rewriter graph, Node node) {
        if (!(node.op() instanceof QuantizeLinear op) || op.blockSize() > 0) {
            return null;
        }
        return read(graph, node, node.output(), op.outputType() == null ? DType.UINT8 : op.outputType(), op.axis());
    }

    private static @Nullable QuantizedValue read(
            Rewriter graph, Node node, String integers, @Nullable DType withoutZeroPoint, int axis) {
        Tensor scale = graph.constant(node.input(1));
        if (scale == null || scale.dtype() != DType.FLOAT32) {
            return null;
        }
        float[] scales = scale.toFloatArray();
        int[] zeroPoints = new int[scales.length];
        DType dtype = withoutZeroPoint;
        if (node.has(2)) {
            Tensor tensor = graph.constant(node.input(2));
            if (tensor == null || (tensor.elementCount() != scales.length && tensor.elementCount() != 1)) {
                return null;
            }
            dtype = tensor.dtype();
            int[] given = tensor.toIntArray();
            Arrays.setAll(zeroPoints, i -> given[given.length == 1 ? 0 : i]);
        }
        for (float s : scales) {
            if (!(s >= Float.MIN_NORMAL) || Float.isInfinite(s)) {
                return null;
            }
        }
        return dtype == null
                ? null
                : new QuantizedValue(node, integers, dtype, node.input(1), node.input(2), scales, zeroPoints, axis);
    }

    /// The same numbers in 8 bits, if this is a constant of fewer: integer products know none narrower.
    QuantizedValue widened(Rewriter graph) {
        Tensor values = graph.constant(integers);
        DType wide =
                switch (dtype) {
                    case INT2, INT4 -> DType.INT8;
                    case UINT2, UINT4 -> DType.UINT8;
                    default -> dtype;
                };
        if (values == null || wide == dtype) {
            return this;
        }
        String widened = graph.addConstant(integers + "_widened", values.cast(wide));
        QuantizedValue same = new QuantizedValue(node, widened, wide, scale, "", scales, zeroPoints, axis);
        return new QuantizedValue(node, widened, wide, scale, same.zeroPoint(graph), scales, zeroPoints, axis);
    }

    boolean isPerTensor() {
        return scales.length == 1;
    }

    boolean isEightBit() {
        return dtype == DType.INT8 || dtype == DType.UINT8;
    }

    /// Whether this can be an activation of an integer operator.
    boolean isActivation() {
        return isPerTensor() && isEightBit();
    }

    /// Whether equal integers mean equal numbers.
    boolean hasSameParams(QuantizedValue other) {
        return dtype == other.dtype
                && Arrays.equals(scales, other.scales)
                && Arrays.equals(zeroPoints, other.zeroPoints)
                && (isPerTensor() || axis == other.axis);
    }

    /// Index of the axis of the scales in a tensor of the given rank, or -1 if the axis does not exist.
    int axis(int rank) {
        return axis < -rank || axis >= rank ? -1 : Shape.normalizeAxis(axis, rank);
    }

    /// Name of a constant zero point; made if there is none.
    String zeroPoint(Rewriter graph) {
        if (!zeroPoint.isEmpty()) {
            Tensor tensor = graph.constant(zeroPoint);
            if (tensor != null && tensor.elementCount() == scales.length) {
                return zeroPoint;
            }
        }
        Tensor zeros = Tensor.allocate(dtype, isPerTensor() ? Shape.SCALAR : Shape.of(scales.length));
        for (int i = 0; i < zeroPoints.length; i++) {
            zeros.setLong(i, zeroPoints[i]);
        }
        return graph.addConstant(scale + "_zero_point", zeros);
    }

    /// The integer of a real number, of a value that has one scale.
    int quantize(float real) {
        double q = Math.rint(real / scales[0]) + zeroPoints[0];
        return (int) Math.clamp(q, dtype.minValue(), dtype.maxValue());
    }

    float dequantize(long q) {
        return (q - zeroPoints[0]) * scales[0];
    }
}
