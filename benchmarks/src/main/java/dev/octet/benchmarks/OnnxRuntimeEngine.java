package dev.octet.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.octet.cli.bench.BenchEngine;
import dev.octet.tensor.Tensor;
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
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
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
                inputs.put(entry.getKey(), OnnxRuntimeTensors.toOnnx(environment, entry.getValue()));
            }
        }

        @Override
        public Map<String, Tensor> outputs() throws OrtException {
            try (OrtSession.Result result = session.run(inputs)) {
                return OnnxRuntimeTensors.fromOnnx(result);
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
    }
}
