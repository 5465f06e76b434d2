package dev.octet.quantize.spec;

/// How activations are quantized where their range is found at run time.
public enum DynamicActivations {
    /// UINT8 in `[0, 255]` with one scale a tensor: ONNX's DynamicQuantizeLinear.
    TENSOR,
    /// UINT8 in `[0, 127]` with one scale a tensor: PyTorch's engines without VNNI. Scales are at least 6.1e-5.
    TENSOR_7_BIT,
    /// INT8 in `[-127, 127]`, symmetric, with one scale for each index of all axes but the last: each row of a matrix,
    /// each token of a sequence.
    ROW,
    /// Not at all: weights are stored as FLOAT16, products are those of floats (PyTorch's `float16_dynamic_qconfig`).
    FLOAT
}
