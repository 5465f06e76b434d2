package dev.octet.graph.pass;

import dev.octet.graph.Graph;

/// A function from graph to graph that keeps what the graph computes, up to rounding.
@FunctionalInterface
public interface Pass {
    Graph apply(Graph graph);

    /// This pass, followed by another.
    default Pass then(Pass next) {
        return graph -> next.apply(apply(graph));
    }

    /// The passes in the order given.
    static Pass sequence(Pass... passes) {
        Pass all = graph -> graph;
        for (Pass pass : passes) {
            all = all.then(pass);
        }
        return all;
    }
}
