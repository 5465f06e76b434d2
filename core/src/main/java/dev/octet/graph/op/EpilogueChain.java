package dev.octet.graph.op;

import dev.octet.graph.Node;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The nodes that follow an operator and are computed with it, so that nothing is rounded or stored in between: an
/// element-wise function, then a product with one constant number, then a sum with one, each optional.
///
/// This is the one rule for all who must agree on it: what quantization plans as one unit, what becomes one integer
/// operator, and what the engine runs as one kernel.
///
/// @param nodes the nodes, in order
/// @param epilogue what they compute
/// @param value what the last of them defines, or the value that they would start from if there are none
public record EpilogueChain(List<Node> nodes, Epilogue epilogue, String value) {
    public EpilogueChain {
        nodes = List.copyOf(nodes);
    }

    /// Knows the constants of a graph.
    @FunctionalInterface
    public interface Constants {
        /// The value, if it is constant, or null.
        @Nullable Tensor constant(String value);
    }

    /// A graph, as far as its nodes may join.
    public interface Site extends Constants {
        /// The one node that reads a value and may join the operator before; null if there is none, or more readers.
        @Nullable Node next(String value);

        /// Number of axes of a value, or -1 if it is not known.
        int rank(String value);

        /// Whether an element-wise function may join.
        boolean accepts(Node node, Epilogue function);
    }

    /// Follows a value as far as the site allows.
    public static EpilogueChain after(String value, Site site) {
        Walk walk = new Walk(value, site);
        Node next = walk.next;
        Epilogue function = next == null || !next.input(0).equals(value) ? null : function(next, site);
        Epilogue epilogue = Epilogue.NONE;
        if (next != null && function != null && site.accepts(next, function)) {
            epilogue = function;
            walk.take();
        }
        Float factor = walk.number(BinaryFunction.MUL);
        if (factor != null) {
            epilogue = epilogue.withAffine(factor, 0);
            walk.take();
        }
        Float term = walk.number(BinaryFunction.ADD);
        if (term != null) {
            epilogue = epilogue.withAffine(epilogue.scale(), term);
            walk.take();
        }
        return new EpilogueChain(walk.nodes, epilogue, walk.end);
    }

    /// The function of real numbers that a node computes of its first operand, or null if it computes none or its
    /// bounds are not constant.
    public static @Nullable Epilogue function(Node node, Constants constants) {
        if (node.op() instanceof Unary unary) {
            return unary.function() == UnaryFunction.NOT ? null : Epilogue.of(unary);
        }
        if (!(node.op() instanceof Clip)) {
            return null;
        }
        Float min = bound(node.input(1), constants, Float.NEGATIVE_INFINITY);
        Float max = bound(node.input(2), constants, Float.POSITIVE_INFINITY);
        return min == null || max == null ? null : Epilogue.clip(min, max);
    }

    private static @Nullable Float bound(String value, Constants constants, float absent) {
        if (value.isEmpty()) {
            return absent;
        }
        Tensor tensor = constants.constant(value);
        return tensor == null || tensor.elementCount() != 1 || tensor.dtype() != DType.FLOAT32
                ? null
                : tensor.getFloat(0);
    }

    /// The constant number that a node combines with a value, of which it keeps the shape; null if it does something
    /// else.
    ///
    /// @param rank number of axes of the value, or -1 if it is not known; it is taken to have some then
    public static @Nullable Float number(
            Node node, BinaryFunction function, String value, int rank, Constants constants) {
        if (!(node.op() instanceof Binary binary) || binary.function() != function) {
            return null;
        }
        Tensor constant = constants.constant(node.input(node.input(0).equals(value) ? 1 : 0));
        boolean single =
                constant != null
                        && constant.dtype() == DType.FLOAT32
                        && constant.elementCount() == 1
                        && constant.shape().rank() <= (rank < 0 ? 1 : rank);
        return constant != null && single ? constant.getFloat(0) : null;
    }

    /// Nodes from one value to the next.
    private static final class Walk {
        private final Site site;
        private final List<Node> nodes = new ArrayList<>();
        private String end;
        private @Nullable Node next;

        Walk(String value, Site site) {
            this.site = site;
            this.end = value;
            this.next = site.next(value);
        }

        @Nullable Float number(BinaryFunction function) {
            return next == null ? null : EpilogueChain.number(next, function, end, site.rank(end), site);
        }

        void take() {
            Node node = Objects.requireNonNull(next);
            nodes.add(node);
            end = node.output();
            next = site.next(end);
        }
    }
}
