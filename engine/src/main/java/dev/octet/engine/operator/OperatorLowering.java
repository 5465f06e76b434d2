package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Op;
import org.jspecify.annotations.Nullable;

/// Says which kernel computes the nodes of an operator.
///
/// @param <O> the operator
public interface OperatorLowering<O extends Op> {
    /// A kernel for the node of `site` with all of its tail, or null if there is none for these types, shapes and
    /// constants. Every type at the site is known.
    @Nullable Lowered lower(O op, Site site);

    /// What may follow a node and be computed with it.
    default TailForm tail(Node node) {
        return TailForm.NONE;
    }
}
