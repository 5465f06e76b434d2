package dev.octet.quantize.spec;

/// In which operators a quantized graph is written.
public enum QuantFormat {
    /// Float operators between DequantizeLinear and QuantizeLinear: any runtime can read it.
    QDQ,
    /// Integer operators, QLinearConv and the like, as far as ONNX Runtime has them; the rest stays QDQ.
    QOPERATOR
}
