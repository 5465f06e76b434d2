package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.LayerNorm;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Finds the addition of a residual that layer normalization alone reads: one kernel computes both row by row.
final class ResidualNormMatcher {
    private ResidualNormMatcher() {}

    /// A kernel that starts with the addition `head`, or null.
    ///
    /// @param next the only node to read a value that nobody else sees, if it may be taken along; else null
    static OperatorLowerings.@Nullable Group match(Node head, Values values, Function<String, @Nullable Node> next) {
        if (!(head.op() instanceof Binary add) || add.function() != BinaryFunction.ADD || !keepsShape(head, values)) {
            return null;
        }
        Node norm = next.apply(head.output());
        if (norm == null || !(norm.op() instanceof LayerNormalization op) || !norm.input(0).equals(head.output())) {
            return null;
        }
        Lowered alone =
                ReduceOperators.layerNormalization(op, new Site(norm, Tail.NONE, values, Layout.CHANNELS_FIRST));
        if (alone == null || !(alone.spec() instanceof LayerNorm spec)) {
            return null;
        }
        List<String> inputs = new ArrayList<>(alone.inputs());
        inputs.set(0, head.input(0));
        inputs.add(head.input(1));
        KernelSpec both = new LayerNorm(spec.rows(), spec.length(), spec.epsilon(), spec.bias(), true);
        return new OperatorLowerings.Group(
                head, new Lowered(both, inputs), Tail.of(List.of(norm)), LayoutRule.CHANNELS_FIRST);
    }

    private static boolean keepsShape(Node add, Values values) {
        Shape shape = Site.shape(values, add.output());
        return Site.type(values, add.output()).dtype() == DType.FLOAT32
                && add.inputs().stream().allMatch(input -> Site.shape(values, input).equals(shape));
    }
}
