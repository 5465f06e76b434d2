package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.kernels.Layout;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Values that are parts of another: what Split and Slice take from their operand, and what Concat joins. Where each
/// part is one stretch of the whole's memory, nothing has to be moved.
public final class Parts {
    private Parts() {}

    /// With which element of the first input each output starts; empty if the operator is none that takes parts, or
    /// they are no stretches. Shapes must be known.
    ///
    /// @param layout of all of them
    public static Optional<long[]> taken(Node node, Values values, Layout layout) {
        return switch (node.op()) {
            case Split op when !isPacked(node.input(0), values) ->
                    stretches(node.input(0), node.outputs(), op.axis(), values, layout);
            case Slice _ when !isPacked(node.input(0), values) -> slice(node, values, layout);
            default -> Optional.empty();
        };
    }

    /// With which element of the output of a Concat each of its inputs starts; empty if they are no stretches.
    public static Optional<long[]> joined(Node node, Values values, Layout layout) {
        return node.op() instanceof Concat op && !isPacked(node.output(), values)
                ? stretches(node.output(), node.inputs(), op.axis(), values, layout)
                : Optional.empty();
    }

    /// Whether several elements share a byte.
    private static boolean isPacked(String value, Values values) {
        return Site.type(values, value).dtype().bits() < Byte.SIZE;
    }

    /// Parts along an axis lie one after the other if all axes before it have one element.
    private static Optional<long[]> stretches(
            String whole, List<String> parts, int axis, Values values, Layout layout) {
        Shape shape = Site.shape(values, whole);
        int place = layout.place(Shape.normalizeAxis(axis, shape.rank()), shape.rank());
        if (layout.stored(shape).product(0, place) != 1) {
            return Optional.empty();
        }
        long[] starts = new long[parts.size()];
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + Site.shape(values, parts.get(i - 1)).elementCount();
        }
        return Optional.of(starts);
    }

    private static Optional<long[]> slice(Node node, Values values, Layout layout) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(node.has(i) ? values.constant(node.input(i)) : null);
            if (i > 0 && node.has(i) && operands.getLast() == null) {
                return Optional.empty();
            }
        }
        if (layout != Layout.CHANNELS_FIRST) {
            while (operands.size() <= StoredOperators.AXES) {
                operands.add(null);
            }
            operands.set(StoredOperators.AXES, StoredOperators.of(node, values, layout).axes());
        }
        Shape y = layout.stored(Site.shape(values, node.output()));
        Slice.Part part = Slice.part(layout.stored(Site.shape(values, node.input(0))), operands);
        long[] strides = y.strides();
        for (int axis = 0; axis < y.rank(); axis++) {
            if (y.dim(axis) != 1 && part.strides()[axis] != strides[axis]) {
                return Optional.empty();
            }
        }
        return Optional.of(new long[] {part.first()});
    }
}
