package dev.octet.engine.plan;

import dev.octet.engine.operator.OperatorLowerings;
import dev.octet.engine.operator.OperatorLowerings.Group;
import dev.octet.engine.operator.Values;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Transpose;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Which nodes of a graph become kernels, and which of them share one.
final class KernelGroups {
    private final Map<String, Group> byLast = new HashMap<>();
    private final Map<String, Group> byNode = new HashMap<>();
    private final Set<String> taken = new HashSet<>();

    private KernelGroups() {}

    /// @param nodes candidates, in the order of the graph
    /// @param isHidden whether a value may vanish: nobody outside the graph sees it
    static KernelGroups of(Graph graph, List<Node> nodes, Values values, Predicate<String> isHidden) {
        KernelGroups groups = new KernelGroups();
        Set<String> candidates = new HashSet<>();
        nodes.forEach(n -> candidates.add(n.name()));
        for (Node node : nodes) {
            if (!groups.taken.contains(node.name()) && hasElements(node.outputs(), values)) {
                OperatorLowerings.lower(
                                graph,
                                node,
                                values,
                                n -> candidates.contains(n.name()) && !groups.taken.contains(n.name()),
                                isHidden)
                        .filter(g -> hasElements(g.lowered().inputs(), values))
                        .ifPresent(groups::add);
            }
        }
        nodes.stream()
                .filter(node -> node.op() instanceof Transpose && isHidden.test(node.output()))
                .filter(node -> groups.isReadBefore(graph, node))
                .forEach(node -> groups.taken.add(node.name()));
        return groups;
    }

    /// Whether all that read a transposed value are kernels that read its operand instead.
    private boolean isReadBefore(Graph graph, Node transpose) {
        return graph.consumers(transpose.output()).stream()
                .map(reader -> byNode.get(reader.name()))
                .allMatch(g -> g != null && !g.lowered().inputs().contains(transpose.output()));
    }

    private void add(Group group) {
        taken.add(group.head().name());
        group.tail().nodes().forEach(n -> taken.add(n.name()));
        byLast.put(group.last().name(), group);
        byNode.put(group.head().name(), group);
        group.tail().nodes().forEach(n -> byNode.put(n.name(), group));
    }

    /// Kernels need not care for empty tensors.
    private static boolean hasElements(List<String> names, Values values) {
        return names.stream().map(values::type).allMatch(KernelGroups::hasElements);
    }

    private static boolean hasElements(@Nullable TypeInfo type) {
        return type != null && type.shape() != null && type.shape().toShape().elementCount() > 0;
    }

    /// Whether a node is part of a kernel, or not needed because of one.
    boolean isTaken(Node node) {
        return taken.contains(node.name());
    }

    /// The kernel to run where a node stands, which is the last that it computes.
    Optional<Group> endingAt(Node node) {
        return Optional.ofNullable(byLast.get(node.name()));
    }
}
