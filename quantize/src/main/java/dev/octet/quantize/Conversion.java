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
}
