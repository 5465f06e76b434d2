package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.pass.lowering.Forms;
import dev.octet.graph.pass.lowering.Lowering;

/// Turns operators between DequantizeLinear and QuantizeLinear into integer operators.
///
/// What is lowered, with per-tensor 8-bit activations and constant parameters:
///
/// - Conv of one or two spatial axes, Gemm and MatMul with constant weights (one scale, or one per output channel), and
///   MatMul of two activations; with their bias, an activation behind them, and the quantizer, or FLOAT32 results where
///   there is none;
/// - Add, Mul, Concat, GlobalAveragePool, and functions of one operand, before a quantizer;
/// - operators that move or select elements, and MaxPool, which run on the integers;
/// - MatMulInteger with the Cast, the scales and the bias that dynamic quantization writes behind it;
/// - MatMul and Gemm of floats with weights that are dequantized by blocks, which stay in their few bits (for the
///   engine only);
/// - a quantizer right behind a dequantizer; with equal parameters both go.
///
/// A bias that is not quantized yet is rounded to steps of the INT32 sums, as integer-only runtimes have it. ReLU and
/// Clip that the range of the result makes superfluous go. All else stays as it is, in float. Results are those of the
/// graph before, up to float rounding: a quantized value may differ by one step where it lies next to a tie.
///
/// @param target whose operators may be used
public record IntegerLowering(Target target) implements Pass {
    /// Who runs the result.
    public enum Target {
        /// Octet's engine: all forms of the integer operators.
        ENGINE(Forms.ALL),
        /// Any runtime that knows ONNX's operators and those that ONNX Runtime adds (`com.microsoft`).
        ONNX_RUNTIME(Forms.ONNX_RUNTIME);

        private final Forms forms;

        Target(Forms forms) {
            this.forms = forms;
        }
    }

    @Override
    public Graph apply(Graph graph) {
        return Lowering.lower(graph, ShapeInference.infer(graph).types(), target.forms);
    }
}
