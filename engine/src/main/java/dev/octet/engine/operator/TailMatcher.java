package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.Transpose;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Collects the [Tail] of a node. A node joins if it is the only one to read the value before it and that value is
/// needed nowhere else.
final class TailMatcher implements EpilogueChain.Site {
    private final Graph graph;
    private final Values values;
    private final Predicate<Node> isFree;
    private final Predicate<String> isHidden;
    private final List<Node> nodes = new ArrayList<>();
    private String end;
    private float factor = 1;
    private @Nullable Tensor bias;
    private @Nullable String residual;
    private Epilogue activation = Epilogue.NONE;
    private @Nullable Transpose transpose;

    /// @param isFree whether a node may be taken: no other kernel computes it
    /// @param isHidden whether a value may vanish: nobody outside the graph sees it
    TailMatcher(Graph graph, Values values, Predicate<Node> isFree, Predicate<String> isHidden, Node head) {
        this.graph = graph;
        this.values = values;
        this.isFree = isFree;
        this.isHidden = isHidden;
        this.end = head.output();
    }

    Tail match(TailForm form) {
        if (isFloat(end)) {
            takeIf(form.factor(), this::takeFactor);
            takeIf(form.bias(), n -> takeBias(n, form.channelAxis()));
            takeIf(form.residual(), this::takeResidual);
            if (form.activation()) {
                EpilogueChain chain = EpilogueChain.after(end, this);
                activation = chain.epilogue();
                nodes.addAll(chain.nodes());
                end = nodes.isEmpty() ? end : nodes.getLast().output();
            }
        }
        if (form.transpose() && residual == null) {
            takeTranspose();
        }
        return nodes.isEmpty() ? Tail.NONE : new Tail(factor, bias, residual, activation, transpose, nodes);
    }

    private void takeTranspose() {
        Node next = next(end);
        TypeInfo type = values.type(end);
        if (next == null || !(next.op() instanceof Transpose op) || type == null || type.dtype().bits() < Byte.SIZE) {
            return;
        }
        int rank = rank(end);
        if (rank >= 3 && op.perm().size() == rank && op.perm().getLast() == rank - 1) {
            transpose = op;
            nodes.add(next);
        }
    }

    private void takeIf(boolean wanted, Predicate<Node> take) {
        Node next = wanted ? next(end) : null;
        if (next != null && take.test(next)) {
            nodes.add(next);
            end = next.output();
        }
    }

    @Override
    public @Nullable Node next(String value) {
        List<Node> readers = graph.consumers(value);
        if (!isHidden.test(value) || readers.size() != 1) {
            return null;
        }
        Node next = readers.getFirst();
        return next.outputs().size() == 1 && isFree.test(next) ? next : null;
    }

    @Override
    public @Nullable Tensor constant(String value) {
        return values.constant(value);
    }

    @Override
    public int rank(String value) {
        return shape(value).rank();
    }

    @Override
    public boolean accepts(Node node, Epilogue function) {
        return isFloat(node.output());
    }

    private boolean takeFactor(Node node) {
        Float multiplier = number(node, BinaryFunction.MUL);
        Float divisor = node.input(0).equals(end) ? number(node, BinaryFunction.DIV) : null;
        if (multiplier != null) {
            factor = multiplier;
        } else if (divisor != null) {
            factor = 1 / divisor;
        }
        return multiplier != null || divisor != null;
    }

    private @Nullable Float number(Node node, BinaryFunction function) {
        return EpilogueChain.number(node, function, end, rank(end), this);
    }

    private boolean takeBias(Node node, int channelAxis) {
        String other = otherOperand(node);
        Tensor constant = other == null ? null : values.constant(other);
        if (!isBinary(node, BinaryFunction.ADD) || constant == null || !keepsShape(node)) {
            return false;
        }
        Shape shape = shape(end);
        int fromEnd = channelAxis < 0 ? -channelAxis : shape.rank() - channelAxis;
        long channels = shape.dim(-fromEnd);
        boolean perChannel =
                constant.elementCount() == channels
                        && constant.shape().rank() >= fromEnd
                        && constant.shape().dim(-fromEnd) == channels;
        if (perChannel) {
            bias = constant.reshape(Shape.of(channels));
        }
        return perChannel;
    }

    private boolean takeResidual(Node node) {
        String other = otherOperand(node);
        if (!isBinary(node, BinaryFunction.ADD) || other == null || !isFloat(other)) {
            return false;
        }
        if (!shape(other).equals(shape(end)) || !keepsShape(node)) {
            return false;
        }
        residual = other;
        return true;
    }

    private static boolean isBinary(Node node, BinaryFunction function) {
        return node.op() instanceof Binary binary && binary.function() == function;
    }

    /// The operand of a node of two that is not the value before it; null if both are.
    private @Nullable String otherOperand(Node node) {
        if (node.inputs().size() != 2 || node.input(0).equals(node.input(1))) {
            return null;
        }
        return node.input(node.input(0).equals(end) ? 1 : 0);
    }

    private boolean keepsShape(Node node) {
        return isFloat(node.output()) && shape(node.output()).equals(shape(end));
    }

    private boolean isFloat(String value) {
        TypeInfo type = values.type(value);
        return type != null && type.dtype() == DType.FLOAT32 && type.isFixed();
    }

    private Shape shape(String value) {
        return Site.shape(values, value);
    }
}
