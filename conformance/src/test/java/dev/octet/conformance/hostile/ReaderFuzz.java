package dev.octet.conformance.hostile;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.onnx.OnnxFormatException;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;

/// What the fuzzer calls with bytes of its own: a model that is read and, where it is valid, inferred, written and read
/// again.
public final class ReaderFuzz {
    private ReaderFuzz() {}

    /// Called by name.
    public static void fuzzerTestOneInput(byte[] model) {
        try {
            Graph graph = OnnxReader.read(model);
            ShapeInference.infer(graph);
            int nodes = OnnxReader.read(OnnxWriter.toBytes(graph)).nodes().size();
            if (nodes < graph.nodes().size()) {
                throw new AssertionError("the model read back has " + nodes + " nodes of " + graph.nodes().size());
            }
        } catch (OnnxFormatException | GraphException e) {
            if (Trial.isUnclear(String.valueOf(e.getMessage()))) {
                throw new AssertionError(e.getMessage(), e);
            }
        }
    }
}
