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
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.Shape;

/// Nodes whose result is their first operand's memory, seen in another shape.
public final class ViewOperators {
    private ViewOperators() {}

    /// Whether the result is a view of an operand that lies in the order of its axes. The types of the first input and
    /// of the output must be known.
    public static boolean isView(Node node, Values values) {
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
            default -> false;
        };
    }

    /// Whether a view is an image with the pixels and channels of its operand, whatever layout both have.
    public static boolean keepsImage(Node node, Values values) {
        Shape from = Site.shape(values, node.input(0));
        Shape to = Site.shape(values, node.output());
        return from.rank() >= 3 && to.rank() >= 3 && from.dim(0) == to.dim(0) && from.dim(1) == to.dim(1);
    }
}
