package dev.octet.graph.pass;

import dev.octet.graph.Graph;

/// A function from graph to graph that keeps what the graph computes, up to rounding.
@FunctionalInterface
public interface Pass {
    Graph apply(Graph graph);
}
