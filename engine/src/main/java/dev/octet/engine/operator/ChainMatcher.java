package dev.octet.engine.operator;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.QuantizeLinear;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Collects element-wise nodes that one pass over memory can compute: a node, and nodes after it that read its result,
/// or the results of others collected, as long as one result only is needed outside. All have results of one shape.
final class ChainMatcher {
    private static final int MOST_NODES = 20;

    private final Graph graph;
    private final Values values;
    private final Predicate<Node> isFree;
    private final Predicate<String> isHidden;
    private final NodeOrder order;
    private final List<Node> chain = new ArrayList<>();

    /// Names of the chain's nodes. Graphs have tens of thousands, and to compare a node takes long beside its name.
    private final Set<String> members = new HashSet<>();

    /// Values of the chain that are needed outside it.
    private final Set<String> open = new LinkedHashSet<>();

    /// @param isFree whether a node may be taken: no other kernel computes it
    /// @param isHidden whether a value may vanish: nobody outside the graph sees it
    ChainMatcher(Graph graph, Values values, Predicate<Node> isFree, Predicate<String> isHidden) {
        this.graph = graph;
        order = NodeOrder.of(graph);
        this.values = values;
        this.isFree = isFree;
        this.isHidden = isHidden;
    }

    /// The nodes after `head` that join it, in order; the last of them defines the result.
    List<Node> match(Node head) {
        if (!ElementChain.isElement(head, values)) {
            return List.of();
        }
        take(head);
        int complete = 1;
        while (chain.size() < MOST_NODES && !(chain.getLast().op() instanceof QuantizeLinear)) {
            Optional<Node> next = next();
            if (next.isEmpty() || !joins(next.get(), head)) {
                break;
            }
            take(next.get());
            if (open.equals(Set.of(chain.getLast().output()))) {
                complete = chain.size();
            }
        }
        return List.copyOf(chain.subList(1, complete));
    }

    private void take(Node node) {
        chain.add(node);
        members.add(node.name());
        open.add(node.output());
        open.removeIf(value -> !isOpen(value));
    }

    private boolean isOpen(String value) {
        if (!isHidden.test(value)) {
            return true;
        }
        for (Node reader : graph.consumers(value)) {
            if (!isMember(reader)) {
                return true;
            }
        }
        return false;
    }

    private boolean isMember(Node node) {
        return members.contains(node.name());
    }

    /// The first node of the graph's order that reads a value of the chain: what it reads besides cannot depend on the
    /// chain.
    private Optional<Node> next() {
        if (!open.stream().allMatch(isHidden)) {
            return Optional.empty();
        }
        return open.stream()
                .flatMap(value -> graph.consumers(value).stream())
                .filter(node -> !isMember(node))
                .min(Comparator.comparingInt(order::place));
    }

    private boolean joins(Node node, Node head) {
        return isFree.test(node)
                && ElementChain.isElement(node, values)
                && Site.shape(values, node.output()).equals(Site.shape(values, head.output()))
                && node.inputs().stream().noneMatch(input -> belongsToProduct(input, head));
    }

    /// Whether a value is the result of a product after the head, with which the node is computed better.
    private boolean belongsToProduct(String value, Node head) {
        return graph.producer(value)
                .filter(ChainMatcher::isProduct)
                .filter(producer -> order.place(producer) > order.place(head))
                .isPresent();
    }

    private static boolean isProduct(Node node) {
        return switch (node.op()) {
            case Conv _, ConvTranspose _, Gemm _, MatMul _, MatMulIntegerToFloat _ -> true;
            default -> false;
        };
    }
}
