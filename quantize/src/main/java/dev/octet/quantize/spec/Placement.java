package dev.octet.quantize.spec;

/// Where operators with little work are quantized. Those that multiply by weights are wherever they can be.
public enum Placement {
    /// Between others that are quantized, so that no value goes to 8 bits and back for nothing: at either end of the
    /// graph and around float islands they stay in float.
    BETWEEN,
    /// Everywhere, as ONNX Runtime's tool does: what only limits or rearranges values wherever its operand is there in
    /// 8 bits, everything else in any case; whatever they make is quantized.
    EVERYWHERE,
    /// Likewise, and what the graph takes and returns is quantized, so that between its inputs and outputs there may be
    /// integers only.
    WHOLE_GRAPH,
    /// Everywhere, as PyTorch's FX flow does: each operator that it has a quantized form of, whatever stands around it,
    /// and what each makes, at the end of the graph, too. Nothing but a ReLU joins an operator; an operator that passes
    /// its input's parameters on is observed with its input.
    FX
}
