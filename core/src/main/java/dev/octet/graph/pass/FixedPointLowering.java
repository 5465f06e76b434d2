package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.pass.lowering.FixedPoints;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;

/// Turns the integer operators that [IntegerLowering] makes into those that compute in integers only, with TFLite's
/// numbers (arXiv 1712.05877): fixed-point multipliers in place of float scales.
///
/// - Convolutions, transposed ones and matrix products: INT32 sums (ConvInteger, ConvTransposeInteger, MatMulInteger),
///   then IntegerRequantize, whose limits are ReLU's and Clip's;
/// - Add, Sub, Mul, GlobalAveragePool and means over all pixels;
/// - AveragePool, Softmax and LogSoftmax between a dequantizer and a quantizer, with the parameters that TFLite
///   requires of them;
/// - functions of one operand and changes of parameters: a lookup. Logistic, tanh, HardSwish, LeakyReLU and ReLU have
///   TFLite's fixed-point rules, others are rounded from float, once, when the graph is prepared;
/// - QuantizeLinear of a float rounds ties away from zero.
///
/// What has no such form stays as it is, so a graph runs in integers only if all of it is quantized.
///
/// @param steps how often products are rounded
public record FixedPointLowering(RoundingSteps steps) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return FixedPoints.lower(graph, ShapeInference.infer(graph).types(), steps);
    }
}
