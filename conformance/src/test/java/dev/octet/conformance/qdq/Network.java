package dev.octet.conformance.qdq;

import dev.octet.graph.Graph;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// A graph of QuantizeLinear, DequantizeLinear and float operators between them, with an input to run it on.
///
/// @param watched whether every layer's quantized result is an output, or the last one only
record Network(Graph graph, Map<String, Tensor> inputs, List<Layer> layers, boolean watched) {
    /// How a layer's result compares with ONNX Runtime's.
    enum Agreement {
        /// Both compute in integers, by the same formula: the same bits.
        SAME,
        /// The same bits if the layers around it are watched. Around layers that move elements, ONNX Runtime drops
        /// quantizers and computes neighbours in float; it changes the layout of images, and its element-wise kernels
        /// round differently at the end of a row.
        SAME_IF_WATCHED,
        /// ONNX Runtime computes in float between the quantizers: one step apart where a value is next to a tie.
        NEAR
    }

    /// One operator with the quantizer behind it.
    ///
    /// @param value the quantized result
    record Layer(String operator, String value, Agreement agreement) {}
}
