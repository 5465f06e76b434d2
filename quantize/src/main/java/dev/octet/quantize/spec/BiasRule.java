package dev.octet.quantize.spec;

/// How the bias of a quantized operator is stored.
public enum BiasRule {
    /// INT32 at the scale of the products, `inputScale·weightScale`; a weight scale too small for the bias grows (ONNX
    /// Runtime's rule).
    INT32,
    /// FLOAT32, as it was.
    FLOAT32
}
