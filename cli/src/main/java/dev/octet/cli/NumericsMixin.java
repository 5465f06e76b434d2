package dev.octet.cli;

import dev.octet.engine.Numerics;
import picocli.CommandLine.Option;

/// Whose arithmetic a quantized model is run with.
final class NumericsMixin {
    @Option(
            names = "--numerics",
            paramLabel = "SYSTEM",
            defaultValue = "onnx",
            description = {
                "whose arithmetic quantized operators follow: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE});",
                "tflite and gemmlowp compute in integers only"
            })
    private Numerics numerics = Numerics.ONNX;

    Numerics value() {
        return numerics;
    }
}
