package dev.octet.quantize;

import dev.octet.graph.Graph;

/// A quantized graph and what became of the float one.
///
/// @param quantizedOperators nodes of the fused graph that compute in integers
/// @param floatOperators its other nodes
/// @param floatWeightBytes size of the weights that were quantized, before
/// @param quantizedWeightBytes their size after, scales, zero points and biases included
public record Conversion(
        Graph graph, int quantizedOperators, int floatOperators, long floatWeightBytes, long quantizedWeightBytes) {
    Conversion withGraph(Graph newGraph) {
        return new Conversion(newGraph, quantizedOperators, floatOperators, floatWeightBytes, quantizedWeightBytes);
    }

    /// This conversion with the counts of a graph inside it.
    Conversion plus(Conversion inner) {
        return new Conversion(
                graph,
                quantizedOperators + inner.quantizedOperators,
                floatOperators + inner.floatOperators,
                floatWeightBytes + inner.floatWeightBytes,
                quantizedWeightBytes + inner.quantizedWeightBytes);
    }
}
