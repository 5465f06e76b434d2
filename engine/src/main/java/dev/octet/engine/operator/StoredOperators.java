package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.QLinearConcat;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Operators that their own evaluation computes in any layout, once the axes that they name are those of memory.
public final class StoredOperators {
    /// Index of the operand of axes that some have.
    public static final int AXES = 3;

    private StoredOperators() {}

    /// An operator whose axes are those of memory.
    ///
    /// @param axes what its operand [#AXES] is instead, or null if it has none
    public record Stored(Op op, @Nullable Tensor axes) {}

    /// Indices of the operands that are images, in one layout with the results; none if the operator is not among
    /// these.
    public static int[] images(Node node, Values values) {
        return switch (node.op()) {
            case Concat _ -> IntStream.range(0, node.inputs().size()).toArray();
            case QLinearConcat _ -> IntStream.iterate(2, i -> i < node.inputs().size(), i -> i + 3).toArray();
            case Split _, Resize _ -> new int[1];
            case Pad _, Slice _ ->
                    !node.has(AXES) || values.constant(node.input(AXES)) != null ? new int[1] : new int[0];
            default -> new int[0];
        };
    }

    /// The operator for operands in a layout; [#images] must name some.
    public static Stored of(Node node, Values values, Layout layout) {
        int rank = Site.shape(values, node.output()).rank();
        return switch (node.op()) {
            case Concat op -> new Stored(new Concat(place(op.axis(), rank, layout)), null);
            case QLinearConcat op -> new Stored(new QLinearConcat(place(op.axis(), rank, layout)), null);
            case Split op -> new Stored(new Split(place(op.axis(), rank, layout), op.numOutputs()), null);
            case Resize op -> new Stored(resize(op, rank, layout), null);
            case Pad op -> new Stored(op, axes(node, values, rank, layout));
            case Slice op -> new Stored(op, axes(node, values, rank, layout));
            default -> throw new IllegalArgumentException(node + " names no axes");
        };
    }

    private static int place(long axis, int rank, Layout layout) {
        return layout.place(Shape.normalizeAxis(axis, rank), rank);
    }

    private static Resize resize(Resize op, int rank, Layout layout) {
        LongStream axes =
                op.axes().isEmpty() ? LongStream.range(0, rank) : op.axes().stream().mapToLong(Long::longValue);
        List<Long> placed = axes.mapToObj(axis -> (long) place(axis, rank, layout)).toList();
        return new Resize(
                op.mode(),
                op.coordinates(),
                op.nearestMode(),
                op.cubicCoefficient(),
                op.excludeOutside(),
                op.extrapolationValue(),
                op.antialias(),
                placed,
                op.aspectPolicy());
    }

    /// Without an operand of axes, the numbers of a Slice are for its leading ones, those of a Pad for all.
    private static Tensor axes(Node node, Values values, int rank, Layout layout) {
        Tensor given = node.has(AXES) ? values.constant(node.input(AXES)) : null;
        long count = node.op() instanceof Pad ? rank : Site.shape(values, node.input(1)).elementCount();
        LongStream axes = given == null ? LongStream.range(0, count) : LongStream.of(given.toLongArray());
        long[] placed = axes.map(axis -> place(axis, rank, layout)).toArray();
        Tensor tensor = Tensor.allocate(DType.INT64, Shape.of(placed.length));
        for (int i = 0; i < placed.length; i++) {
            tensor.setLong(i, placed[i]);
        }
        return tensor;
    }
}
