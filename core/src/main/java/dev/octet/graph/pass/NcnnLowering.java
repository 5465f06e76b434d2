package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.pass.lowering.NcnnProducts;

/// Turns convolutions and inner products of dequantized INT8 values, activations and weights without zero points, into
/// ncnn's INT8 layers: INT32 sums, a factor per output channel from the multipliers of input and weights, a bias in
/// float, an activation; and where only quantizers read the result, INT8 again. Quantizers round ties away from zero
/// and keep to `[−127, 127]`.
///
/// A scale `s` of the graph is ncnn's multiplier `1/s`, rounded to float.
public record NcnnLowering() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return NcnnProducts.lower(graph, ShapeInference.infer(graph).types());
    }
}
