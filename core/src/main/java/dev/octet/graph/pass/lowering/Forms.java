package dev.octet.graph.pass.lowering;

/// Which integer operators a runtime has.
///
/// @param activations whether an activation may precede an output's quantization; else ReLU and Clip limit the integers
/// @param floatProducts whether convolutions and QLinearMatMul may leave FLOAT32, QGemm and MatMulIntegerToFloat always
///   may; and whether products of floats with integers in blocks become one operator
/// @param matMulBias whether QLinearMatMul takes a bias; MatMulIntegerToFloat always does
/// @param anyFunction whether QLinearUnary knows every function, or Sigmoid and LeakyRelu only
/// @param mixedTypes whether the operands of one operator may be INT8 and UINT8 in any combination
public record Forms(
        boolean activations, boolean floatProducts, boolean matMulBias, boolean anyFunction, boolean mixedTypes) {
    /// All that Octet's own records express.
    public static final Forms ALL = new Forms(true, true, true, true, true);

    /// What ONNX and ONNX Runtime's contributed operators have.
    public static final Forms ONNX_RUNTIME = new Forms(false, false, false, false, false);
}
