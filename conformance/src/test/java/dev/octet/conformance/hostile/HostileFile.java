package dev.octet.conformance.hostile;

import dev.octet.onnx.proto.ModelProto;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// A model file with what lies beside it, and inputs that its original took.
///
/// @param origin what it was made of, and how it was changed
/// @param weights content of `weights.bin` beside the model; empty for none
record HostileFile(String origin, byte[] model, byte[] weights, Map<String, Tensor> inputs) {
    static final String WEIGHTS = "weights.bin";

    HostileFile(String origin, ModelProto model, byte[] weights, Map<String, Tensor> inputs) {
        this(origin, model.toByteArray(), weights, inputs);
    }

    HostileFile changed(String how, byte[] newModel) {
        return new HostileFile(origin + ", " + how, newModel, weights, inputs);
    }

    HostileFile withWeights(String how, byte[] newWeights) {
        return new HostileFile(origin + ", " + how, model, newWeights, inputs);
    }

    /// Writes the model into a folder, which holds nothing else of interest afterwards.
    Path write(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(WEIGHTS));
        if (weights.length > 0) {
            Files.write(folder.resolve(WEIGHTS), weights);
        }
        // A new file each time: a model read before may still be mapped.
        Path file = folder.resolve("model.onnx");
        Files.deleteIfExists(file);
        return Files.write(file, model);
    }
}
