package dev.octet.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.octet.cli.bench.BenchEngine;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// ONNX Runtime on the CPU, with all of its graph optimizations.
public final class OnnxRuntimeEngine implements BenchEngine {
    public OnnxRuntimeEngine() {}

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public Run open(Path model, int threads) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            return new OnnxRuntimeRun(environment, environment.createSession(model.toString(), options));
        }
    }

    private static final class OnnxRuntimeRun implements Run {
        private final OrtEnvironment environment;
        private final OrtSession session;
        private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();

        OnnxRuntimeRun(OrtEnvironment environment, OrtSession session) {
            this.environment = environment;
            this.session = session;
        }

        @Override
        public void bind(Map<String, Tensor> tensors) throws OrtException {
            closeInputs();
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                Tensor tensor = entry.getValue();
                ByteBuffer data =
                        ByteBuffer.allocateDirect(Math.toIntExact(tensor.byteSize())).order(ByteOrder.nativeOrder());
                data.put(tensor.data().asByteBuffer()).flip();
                inputs.put(
                        entry.getKey(),
                        OnnxTensor.createTensor(environment, data, tensor.shape().dims(), type(tensor.dtype())));
            }
        }

        @Override
        public void run() throws OrtException {
            session.run(inputs).close();
        }

        @Override
        public void close() {
            closeInputs();
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime could not close its session", e);
            }
        }

        private void closeInputs() {
            inputs.values().forEach(OnnxTensor::close);
            inputs.clear();
        }

        private static OnnxJavaType type(DType dtype) {
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
                default -> throw new IllegalArgumentException("ONNX Runtime's Java API has no type for " + dtype);
            };
        }
    }
}
