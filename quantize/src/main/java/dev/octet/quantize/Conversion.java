package dev.octet.quantize;

import dev.octet.graph.Graph;
import java.util.ArrayList;
import java.util.List;

/// A quantized graph and what became of the float one.
///
/// @param decisions for every node of the fused graph, and of the graphs inside its nodes, whether it computes in
///   integers, and why not
/// @param tensors for every tensor that is quantized, how, and why
/// @param floatWeightBytes size of the weights that were quantized, before
/// @param quantizedWeightBytes their size after, scales, zero points and biases included
public record Conversion(
        Graph graph,
        List<Decision> decisions,
        List<TensorDecision> tensors,
        long floatWeightBytes,
        long quantizedWeightBytes) {
    public Conversion {
        decisions = List.copyOf(decisions);
        tensors = List.copyOf(tensors);
    }

    /// How many nodes of the fused graph compute in integers.
    public int quantizedOperators() {
        return (int) decisions.stream().filter(Decision::quantized).count();
    }

    /// How many other nodes it has.
    public int floatOperators() {
        return decisions.size() - quantizedOperators();
    }

    Conversion withGraph(Graph newGraph) {
        return new Conversion(newGraph, decisions, tensors, floatWeightBytes, quantizedWeightBytes);
    }

    /// This conversion with what became of a graph inside it.
    Conversion plus(Conversion inner) {
        return new Conversion(
                graph,
                joined(decisions, inner.decisions),
                joined(tensors, inner.tensors),
                floatWeightBytes + inner.floatWeightBytes,
                quantizedWeightBytes + inner.quantizedWeightBytes);
    }

    private static <E> List<E> joined(List<E> first, List<E> second) {
        List<E> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
