package dev.octet.conformance;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.octet.benchmarks.OnnxRuntimeTensors;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// A model opened in ONNX Runtime, on one thread of the CPU.
///
/// ```java
/// try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(path)) {
///     Tensor y = oracle.run(Map.of("x", x)).get("y");
/// }
/// ```
///
/// Failures of ONNX Runtime come as [IllegalStateException] with its message; it logs nothing.
public final class OnnxRuntimeOracle implements AutoCloseable {
    /// How ONNX Runtime computes.
    ///
    /// @param optimize whether it rewrites the graph, as it does by default; without this it runs node by node, so that
    ///   a Q/DQ graph runs in float
    /// @param precise whether its 8-bit kernels avoid instructions that saturate between products, where the machine
    ///   has no exact ones (`session.x64quantprecision`)
    /// @param signedIntegers whether a Q/DQ graph with INT8 activations runs in integers, as one with UINT8 does
    ///   (`session.qdqisint8allowed`)
    public record Mode(boolean optimize, boolean precise, boolean signedIntegers) {
        /// As a user gets it who sets nothing.
        public static final Mode DEFAULT = new Mode(true, false, false);

        public static final Mode PRECISE = new Mode(true, true, false);

        /// Node by node.
        public static final Mode UNOPTIMIZED = new Mode(false, false, false);

        public Mode withSignedIntegers() {
            return new Mode(optimize, precise, true);
        }
    }

    private static final OrtEnvironment ENVIRONMENT =
            OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);

    private final OrtSession session;

    private OnnxRuntimeOracle(OrtSession session) {
        this.session = session;
    }

    public static OnnxRuntimeOracle open(Path model) {
        return open(model, Mode.DEFAULT);
    }

    /// External data is found beside the file.
    public static OnnxRuntimeOracle open(Path model, Mode mode) {
        return call(() -> {
            try (OrtSession.SessionOptions options = options(mode)) {
                return new OnnxRuntimeOracle(ENVIRONMENT.createSession(model.toString(), options));
            }
        });
    }

    public static OnnxRuntimeOracle open(byte[] model) {
        return open(model, Mode.DEFAULT);
    }

    public static OnnxRuntimeOracle open(byte[] model, Mode mode) {
        return call(() -> {
            try (OrtSession.SessionOptions options = options(mode)) {
                return new OnnxRuntimeOracle(ENVIRONMENT.createSession(model, options));
            }
        });
    }

    private static OrtSession.SessionOptions options(Mode mode) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.setOptimizationLevel(mode.optimize() ? OptLevel.ALL_OPT : OptLevel.NO_OPT);
        options.addConfigEntry("session.x64quantprecision", mode.precise() ? "1" : "0");
        options.addConfigEntry("session.qdqisint8allowed", mode.signedIntegers() ? "1" : "0");
        return options;
    }

    /// The outputs by name, in the model's order.
    ///
    /// @param inputs every input by name; types that the Java binding lacks (4-bit, uint16, uint32, uint64) are refused
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return call(() -> {
            Map<String, OnnxTensor> given = new LinkedHashMap<>();
            try {
                for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                    given.put(input.getKey(), OnnxRuntimeTensors.toOnnx(ENVIRONMENT, input.getValue()));
                }
                try (OrtSession.Result result = session.run(given)) {
                    return OnnxRuntimeTensors.fromOnnx(result);
                }
            } finally {
                given.values().forEach(OnnxTensor::close);
            }
        });
    }

    @Override
    public void close() {
        call(() -> {
            session.close();
            return true;
        });
    }

    private interface Call<T> {
        T run() throws OrtException;
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.run();
        } catch (OrtException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
