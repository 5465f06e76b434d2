package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.EpilogueChain;
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
        boolean divides = binary.function() == BinaryFunction.DIV && next.input(0).equals(value);
        if (!divides && binary.function() != BinaryFunction.MUL) {
            return null;
        }
        Float number = EpilogueChain.number(next, binary.function(), value, graph.rank(value), graph::constant);
        if (number == null) {
            return null;
        }
        double factor = divides ? 1.0 / number : number;
        return factor > 0 && Double.isFinite(factor) ? new Scaling(next, factor) : null;
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
