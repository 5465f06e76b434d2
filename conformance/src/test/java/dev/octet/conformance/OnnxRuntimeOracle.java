package dev.octet.conformance;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
                    given.put(input.getKey(), toOnnx(input.getValue()));
                }
                try (OrtSession.Result result = session.run(given)) {
                    Map<String, Tensor> outputs = new LinkedHashMap<>();
                    for (Map.Entry<String, OnnxValue> output : result) {
                        outputs.put(output.getKey(), fromOnnx((OnnxTensor) output.getValue()));
                    }
                    return outputs;
                }
            } finally {
                given.values().forEach(OnnxTensor::close);
            }
        });
    }

    private static OnnxTensor toOnnx(Tensor tensor) throws OrtException {
        // A tensor's memory may be read-only or on the heap; the binding wants a direct buffer that it can write.
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(Math.toIntExact(tensor.byteSize())).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(buffer).copyFrom(tensor.data());
        return OnnxTensor.createTensor(ENVIRONMENT, buffer, tensor.shape().dims(), javaType(tensor.dtype()));
    }

    private static Tensor fromOnnx(OnnxTensor value) {
        Tensor tensor = Tensor.allocate(dtype(value.getInfo().type), Shape.of(value.getInfo().getShape()));
        if (tensor.byteSize() > 0) {
            tensor.data().copyFrom(MemorySegment.ofBuffer(value.getByteBuffer()));
        }
        return tensor;
    }

    private static OnnxJavaType javaType(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT64 -> OnnxJavaType.DOUBLE;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case INT8 -> OnnxJavaType.INT8;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
            case INT4, UINT4, UINT16, UINT32, UINT64 ->
                    throw new IllegalArgumentException("ONNX Runtime's Java binding has no inputs of type " + dtype);
        };
    }

    private static DType dtype(OnnxJavaType type) {
        for (DType dtype : DType.values()) {
            if (dtype.bits() >= 8 && !isUnsignedBeyondBytes(dtype) && javaType(dtype) == type) {
                return dtype;
            }
        }
        throw new IllegalStateException("no tensor type for ONNX Runtime's " + type);
    }

    private static boolean isUnsignedBeyondBytes(DType dtype) {
        return dtype == DType.UINT16 || dtype == DType.UINT32 || dtype == DType.UINT64;
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
