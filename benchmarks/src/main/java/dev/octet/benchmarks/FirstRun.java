package dev.octet.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Opens a model and runs it, as a program that embeds one sentence or looks at one picture does: what is timed is the
/// whole process, from outside. Each engine uses nothing of the other.
///
/// Usage: `FirstRun octet|onnxruntime MODEL SHAPE RUNS`, such as `FirstRun octet minilm.int8.onnx 1x32 1`. A shape of
/// two axes is that of tokens, for `input_ids`, `attention_mask` and `token_type_ids`; any other is that of `x`. Prints
/// the peak of the process's resident memory.
public final class FirstRun {
    private static final int TOKEN_AXES = 2;

    private FirstRun() {}

    public static void main(String[] args) throws Exception {
        long[] dims = Arrays.stream(args[2].split("x")).mapToLong(Long::parseLong).toArray();
        int runs = Integer.parseInt(args[3]);
        switch (args[0]) {
            case "octet" -> Octet.run(Path.of(args[1]), dims, runs);
            case "onnxruntime" -> OnnxRuntime.run(args[1], dims, runs);
            default -> throw new IllegalArgumentException("expected octet or onnxruntime, found " + args[0]);
        }
        System.out.println(peak());
    }

    private static String peak() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                return line;
            }
        }
        return "VmHWM: unknown";
    }

    /// In a class of its own, so that the other engine's classes are not loaded.
    private static final class Octet {
        static void run(Path model, long[] dims, int runs) throws IOException {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            Shape shape = Shape.of(dims);
            if (dims.length == TOKEN_AXES) {
                inputs.put("input_ids", tokens(shape, 2000));
                inputs.put("attention_mask", tokens(shape, 1));
                inputs.put("token_type_ids", tokens(shape, 0));
            } else {
                inputs.put("x", Tensor.allocate(DType.FLOAT32, shape));
            }
            try (Session session = Session.open(OnnxReader.read(model), SessionOptions.defaults().withThreads(1))) {
                for (int i = 0; i < runs; i++) {
                    session.run(inputs);
                }
            }
        }

        private static Tensor tokens(Shape shape, long value) {
            Tensor tensor = Tensor.allocate(DType.INT64, shape);
            for (long i = 0; i < tensor.elementCount(); i++) {
                tensor.setLong(i, value);
            }
            return tensor;
        }
    }

    /// Likewise.
    private static final class OnnxRuntime {
        static void run(String model, long[] dims, int runs) throws Exception {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
            int count = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
            if (dims.length == TOKEN_AXES) {
                inputs.put("input_ids", tokens(environment, dims, count, 2000));
                inputs.put("attention_mask", tokens(environment, dims, count, 1));
                inputs.put("token_type_ids", tokens(environment, dims, count, 0));
            } else {
                inputs.put("x", OnnxTensor.createTensor(environment, FloatBuffer.allocate(count), dims));
            }
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(1);
                try (OrtSession session = environment.createSession(model, options)) {
                    for (int i = 0; i < runs; i++) {
                        session.run(inputs).close();
                    }
                }
            }
        }

        private static OnnxTensor tokens(OrtEnvironment environment, long[] dims, int count, long value)
                throws Exception {
            long[] values = new long[count];
            Arrays.fill(values, value);
            return OnnxTensor.createTensor(environment, LongBuffer.wrap(values), dims);
        }
    }
}
