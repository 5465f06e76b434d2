package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A multiplication by a positive constant number, or a division by one, such as that of attention scores: it becomes
/// part of a scale.
///
/// @param factor what the operand is multiplied with
record Scaling(Node node, double factor) {
    /// The scaling that is all that reads a value, or null.
    static @Nullable Scaling of(Rewriter graph, String value) {
        Node next = graph.soleConsumer(value);
        if (next == null || !(next.op() instanceof Binary binary)) {
            return null;
        }
        boolean left = next.input(0).equals(value);
        double number = number(graph, next.input(left ? 1 : 0));
        if (binary.function() == BinaryFunction.DIV && left) {
            number = 1 / number;
        } else if (binary.function() != BinaryFunction.MUL) {
            return null;
        }
        return number > 0 && Double.isFinite(number) ? new Scaling(next, number) : null;
    }

    /// The value of a constant that adds no axis, or 0 if there is none.
    private static double number(Rewriter graph, String value) {
        Tensor tensor = graph.constant(value);
        if (tensor == null || tensor.dtype() != DType.FLOAT32) {
            return 0;
        }
        return tensor.elementCount() == 1 && tensor.shape().rank() <= 1 ? tensor.getFloat(0) : 0;
    }

    /// Integers that stand for as many times the numbers, or null if no float can be their scale.
    @Nullable QuantizedValue apply(Rewriter graph, QuantizedValue x) {
        float scale = (float) (x.scales()[0] * factor);
        if (!(scale >= Float.MIN_NORMAL) || Float.isInfinite(scale)) {
            return null;
        }
        String name = graph.addConstant(x.scale() + "_scaled", Tensor.scalar(scale));
        return new QuantizedValue(
                x.node(), x.integers(), x.dtype(), name, x.zeroPoint(), new float[] {scale}, x.zeroPoints(), x.axis());
    }
}
