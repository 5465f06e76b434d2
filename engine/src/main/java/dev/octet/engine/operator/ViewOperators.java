package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.Shape;

/// Nodes whose result is their first operand's memory, seen in another shape.
final class ViewOperators {
    private ViewOperators() {}

    /// Types of the first input and of the output must be known.
    static boolean isView(Node node, Values values) {
        if (node.outputs().size() != 1 || !node.has(0)) {
            return false;
        }
        TypeInfo from = Site.type(values, node.input(0));
        TypeInfo to = Site.type(values, node.output());
        if (from.dtype() != to.dtype()) {
            return false;
        }
        return switch (node.op()) {
            case Reshape _, Flatten _, Squeeze _, Unsqueeze _, Identity _, Cast _ -> true;
            // Nothing is repeated.
            case Expand _, Tile _ ->
                    Site.shape(values, node.input(0)).elementCount()
                            == Site.shape(values, node.output()).elementCount();
            case Transpose transpose -> keepsOrder(transpose, Site.shape(values, node.input(0)));
            default -> false;
        };
    }

    /// Whether only axes of extent 1 change places with others.
    private static boolean keepsOrder(Transpose op, Shape shape) {
        int last = -1;
        for (int axis : TransposeOperator.perm(op, shape.rank())) {
            if (shape.dim(axis) != 1) {
                if (axis < last) {
                    return false;
                }
                last = axis;
            }
        }
        return true;
    }
}
