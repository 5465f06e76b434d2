package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Softmax;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.MaskedSoftmax;
import dev.octet.kernels.MaskedSoftmax.Mask;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Finds what an attention makes of its scores, which one kernel computes row by row: a mask is added, unless there is
/// none, then comes Softmax along the last axis, then quantization, if the product after it is one of integers.
final class SoftmaxMatcher {
    private final Values values;
    private final Function<String, @Nullable Node> next;
    private final List<Node> after = new ArrayList<>();

    /// @param next the only node to read a value that nobody else sees, if it may be taken along; else null
    private SoftmaxMatcher(Values values, Function<String, @Nullable Node> next) {
        this.values = values;
        this.next = next;
    }

    /// A kernel that starts with `head`, or null if there is none that computes more than Softmax alone.
    ///
    /// @param next the only node to read a value that nobody else sees, if it may be taken along; else null
    static OperatorLowerings.@Nullable Group match(Node head, Values values, Function<String, @Nullable Node> next) {
        return new SoftmaxMatcher(values, next).match(head);
    }

    private OperatorLowerings.@Nullable Group match(Node head) {
        boolean masked = head.op() instanceof Binary op && op.function() == BinaryFunction.ADD;
        Node softmax = masked ? next.apply(head.output()) : head;
        if (softmax == null || !(softmax.op() instanceof Softmax op)) {
            return null;
        }
        Shape shape = Site.shape(values, softmax.output());
        if (op.log() || !isFloat(head.input(0)) || !isAlongLastAxis(op, shape)) {
            return null;
        }
        if (masked) {
            after.add(softmax);
        }
        long length = shape.dim(shape.rank() - 1);
        long rows = shape.elementCount() / Math.max(1, length);
        Encoding output = takeQuantizer(softmax);
        if (after.isEmpty() || length > Integer.MAX_VALUE) {
            return null;
        }
        Lowered lowered =
                masked
                        ? masked(head, shape, rows, (int) length, output)
                        : Lowered.of(new MaskedSoftmax(rows, (int) length, null, output), head.input(0));
        return lowered == null
                ? null
                : new OperatorLowerings.Group(head, lowered, Tail.of(after), LayoutRule.CHANNELS_FIRST);
    }

    private boolean isFloat(String value) {
        return Site.type(values, value).dtype() == DType.FLOAT32;
    }

    private static boolean isAlongLastAxis(Softmax op, Shape shape) {
        int last = shape.rank() - 1;
        return last >= 0 && Shape.normalizeAxis(op.axis(), shape.rank()) == last;
    }

    private @Nullable Encoding takeQuantizer(Node softmax) {
        Node quantize = next.apply(softmax.output());
        if (quantize == null
                || !(quantize.op() instanceof QuantizeLinear)
                || !Site.isByte(Site.type(values, quantize.output()).dtype())
                || !ElementChain.isElement(quantize, values)) {
            return null;
        }
        Tensor scale = values.constant(quantize.input(1));
        Tensor zeroPoint = quantize.has(2) ? values.constant(quantize.input(2)) : null;
        if (scale == null) {
            return null;
        }
        after.add(quantize);
        DType dtype = Site.type(values, quantize.output()).dtype();
        return new Encoding(dtype, scale.getFloat(0), zeroPoint == null ? 0 : zeroPoint.getInt(0));
    }

    /// Either operand of the addition may be the mask, which broadcasts.
    private @Nullable Lowered masked(Node add, Shape shape, long rows, int length, @Nullable Encoding output) {
        for (int scores = 0; scores < 2; scores++) {
            Shape mask = Site.withRank(Site.shape(values, add.input(1 - scores)), shape.rank());
            Mask broadcast = Site.shape(values, add.input(scores)).equals(shape) ? broadcast(mask, shape) : null;
            if (broadcast != null) {
                MaskedSoftmax spec = new MaskedSoftmax(rows, length, broadcast, output);
                return Lowered.of(spec, add.input(scores), add.input(1 - scores));
            }
        }
        return null;
    }

    /// How the rows of a mask belong to those of the scores, if its axes are of extent 1, then those of the scores,
    /// then of extent 1 again.
    private static @Nullable Mask broadcast(Shape mask, Shape shape) {
        int last = shape.rank() - 1;
        if (mask.rank() > shape.rank() || mask.dim(last) != shape.dim(last)) {
            return null;
        }
        long repeat = 1;
        long rows = 1;
        boolean ended = false;
        for (int axis = last - 1; axis >= 0; axis--) {
            if (shape.dim(axis) == 1) {
                continue;
            }
            boolean own = mask.dim(axis) != 1;
            if (own && ended) {
                return null;
            }
            if (own) {
                rows *= shape.dim(axis);
            } else if (rows == 1) {
                repeat *= shape.dim(axis);
            } else {
                ended = true;
            }
        }
        return new Mask(repeat, rows);
    }
}
