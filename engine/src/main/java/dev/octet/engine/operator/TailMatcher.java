package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Collects the [Tail] of a node. A node joins if it is the only one to read the value before it and that value is
/// needed nowhere else.
final class TailMatcher {
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
            takeIf(form.activation(), this::takeActivation);
            takeIf(form.activation(), this::takeScale);
            takeIf(form.activation(), this::takeShift);
        }
        return nodes.isEmpty() ? Tail.NONE : new Tail(factor, bias, residual, activation, nodes);
    }

    private void takeIf(boolean wanted, Predicate<Node> take) {
        if (!wanted || !isHidden.test(end) || graph.consumers(end).size() != 1) {
            return;
        }
        Node next = graph.consumers(end).getFirst();
        if (next.outputs().size() == 1 && isFree.test(next) && take.test(next)) {
            nodes.add(next);
            end = next.output();
        }
    }

    private boolean takeFactor(Node node) {
        Tensor multiplier = number(node, BinaryFunction.MUL);
        if (multiplier != null) {
            factor = multiplier.getFloat(0);
            return true;
        }
        Tensor divisor = node.input(0).equals(end) ? number(node, BinaryFunction.DIV) : null;
        if (divisor != null) {
            factor = 1 / divisor.getFloat(0);
        }
        return divisor != null;
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

    private boolean takeActivation(Node node) {
        if (!isFloat(node.output()) || !node.input(0).equals(end)) {
            return false;
        }
        Optional<Epilogue> found = activation(node, values);
        found.ifPresent(epilogue -> activation = epilogue);
        return found.isPresent();
    }

    private boolean takeScale(Node node) {
        Tensor number = number(node, BinaryFunction.MUL);
        if (number != null) {
            activation = activation.withAffine(number.getFloat(0), 0);
        }
        return number != null;
    }

    private boolean takeShift(Node node) {
        Tensor number = number(node, BinaryFunction.ADD);
        if (number != null) {
            activation = activation.withAffine(activation.scale(), number.getFloat(0));
        }
        return number != null;
    }

    /// The constant number that a node combines with the value before it.
    private @Nullable Tensor number(Node node, BinaryFunction function) {
        String other = otherOperand(node);
        Tensor constant = other == null ? null : values.constant(other);
        return isBinary(node, function) && constant != null && constant.elementCount() == 1 && keepsShape(node)
                ? constant
                : null;
    }

    /// The element-wise function that a node computes, if its parameters are constant.
    static Optional<Epilogue> activation(Node node, Values values) {
        if (node.op() instanceof Unary unary && unary.function() != UnaryFunction.NOT) {
            return Optional.of(Epilogue.of(unary));
        }
        if (node.op() instanceof Clip) {
            Tensor min = node.has(1) ? values.constant(node.input(1)) : null;
            Tensor max = node.has(2) ? values.constant(node.input(2)) : null;
            if ((node.has(1) && min == null) || (node.has(2) && max == null)) {
                return Optional.empty();
            }
            return Optional.of(
                    Epilogue.clip(
                            min == null ? Float.NEGATIVE_INFINITY : min.getFloat(0),
                            max == null ? Float.POSITIVE_INFINITY : max.getFloat(0)));
        }
        return Optional.empty();
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
