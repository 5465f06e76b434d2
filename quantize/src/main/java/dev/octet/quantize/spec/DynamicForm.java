package dev.octet.quantize.spec;

/// In which operators a dynamically quantized graph is written.
public enum DynamicForm {
    /// The standard's DynamicQuantizeLinear, MatMulInteger, ConvInteger and what scales their sums; a recurrent layer
    /// is a Scan of them.
    INTEGER_OPS,
    /// Likewise, but as ONNX Runtime's `quantize_dynamic` writes it: LSTM as DynamicQuantizeLSTM and Attention as
    /// QAttention (domain `com.microsoft`), what passes integers on without dequantizing them, convolutions with one
    /// scale for all channels, and a Gemm that multiplies by alpha or beta as it was.
    ONNX_RUNTIME
}
