package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Replaces groups of nodes by one node each, over and over until no rule applies. Each rule must make the graph
/// smaller.
final class Rewriter {
    /// A group of nodes and what stands for it.
    ///
    /// @param nodes what goes; nothing else may read what they define, except the last one's output
    /// @param replacement makes the node that stands for them, which defines the last one's output
    record Rewrite(List<Node> nodes, Function<Rewriter, Node> replacement) {}

    /// Finds a group at one node.
    interface Rule {
        Optional<Rewrite> find(Graph graph, Node node, Set<String> kept);
    }

    private final Graph graph;
    private final Set<String> kept;
    private final GraphBuilder builder;

    private Rewriter(Graph graph) {
        this.graph = graph;
        kept = OutputNames.of(graph);
        builder = graph.toBuilder();
    }

    static Graph rewrite(Graph graph, Rule rule) {
        Graph current = graph;
        while (true) {
            Graph next = new Rewriter(current).sweep(rule);
            if (next.nodes().size() == current.nodes().size()) {
                return current;
            }
            current = next;
        }
    }

    /// Rewrites the formulas at which a pattern matches and the builder of the new node agrees.
    static Graph rewrite(Graph graph, Pattern pattern, Function<Match, Optional<Node>> replacement) {
        return rewrite(
                graph,
                (current, node, kept) -> {
                    Function<Match, Optional<Rewrite>> rewrite =
                            match ->
                                    replacement
                                            .apply(match)
                                            .map(made ->
                                                    new Rewrite(
                                                            match.nodes(),
                                                            _ -> made.withOutputs(List.of(node.output()))));
                    return pattern.matches(node.output(), Match.empty(current))
                            .filter(match -> match.isClosed(node, kept))
                            .map(rewrite)
                            .flatMap(Optional::stream)
                            .findFirst();
                });
    }

    private Graph sweep(Rule rule) {
        Set<String> gone = new HashSet<>();
        Map<String, Node> madeAt = new HashMap<>();
        for (Node node : graph.nodes()) {
            rule.find(graph, node, kept)
                    .filter(r -> r.nodes().stream().noneMatch(n -> gone.contains(n.name())))
                    .ifPresent(r -> {
                        r.nodes().forEach(n -> gone.add(n.name()));
                        Node made = r.replacement().apply(this);
                        madeAt.put(graph.producer(made.output()).orElseThrow().name(), made);
                    });
        }
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (madeAt.containsKey(node.name())) {
                nodes.add(madeAt.get(node.name()));
            } else if (!gone.contains(node.name())) {
                nodes.add(node);
            }
        }
        return gone.isEmpty() ? graph : builder.nodes(nodes).build();
    }

    /// A changed constant for one node: under the old name if no other node reads that, else under a fresh one.
    String changedConstant(String old, Node reader, Tensor tensor) {
        boolean shared =
                kept.contains(old) || graph.consumers(old).stream().anyMatch(n -> !n.name().equals(reader.name()));
        return shared ? builder.freshConstant(old, tensor) : builder.constant(old, tensor);
    }

    /// A new constant under a fresh name.
    String newConstant(String base, Tensor tensor) {
        return builder.freshConstant(base, tensor);
    }
}
