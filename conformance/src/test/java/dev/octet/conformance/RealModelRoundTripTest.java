package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.onnx.WriteOptions;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models that people use, read and written again, give the same bits in ONNX Runtime as the original files.
class RealModelRoundTripTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "/all-minilm-l6-v2.onnx, 2x9, false",
        "/all-minilm-l6-v2-q.onnx, 2x9, false",
        "/all-minilm-l6-v2-q.onnx, 2x9, true",
        "/models/ch_PP-OCRv4_det_infer.onnx, 1x3x96x160, false",
        "/models/ch_PP-OCRv4_rec_infer.onnx, 2x3x48x160, true",
        "/models/ch_ppocr_mobile_v2.0_cls_infer.onnx, 2x3x48x192, false"
    })
    void sameOutputs(String resource, String shape, boolean externalData) throws IOException {
        Path original = folder.resolve("original.onnx");
        try (InputStream in = RealModelRoundTripTest.class.getResourceAsStream(resource)) {
            Files.copy(in, original);
        }
        Graph graph = OnnxReader.read(original);
        Path written = folder.resolve("written.onnx");
        WriteOptions options = WriteOptions.defaults();
        OnnxWriter.write(graph, written, externalData ? options.withExternalDataThreshold(0) : options);
        assertThat(Files.exists(folder.resolve("written.onnx.data"))).isEqualTo(externalData);

        Map<String, Tensor> inputs = inputs(graph, shape);
        assertSameOutputs(run(original, inputs), run(written, inputs));

        Path again = folder.resolve("again.onnx");
        OnnxWriter.write(OnnxReader.read(written), again);
        assertThat(OnnxReader.read(again).nodes()).hasSameSizeAs(OnnxReader.read(written).nodes());
        assertSameOutputs(run(original, inputs), run(again, inputs));
    }

    private static Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model)) {
            return oracle.run(inputs);
        }
    }

    private static void assertSameOutputs(Map<String, Tensor> expected, Map<String, Tensor> found) {
        assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, tensor) -> TensorAssert.assertThat(found.get(name)).as(name).isIdenticalTo(tensor));
    }

    /// Token numbers for integer inputs, where masks are ones and types zeros; random numbers for the others.
    private static Map<String, Tensor> inputs(Graph graph, String dims) {
        Generator generator = Generator.of(20261122);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        String[] extents = dims.split("x", -1);
        long[] shape = new long[extents.length];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = Long.parseLong(extents[i]);
        }
        for (ValueInfo input : graph.inputs()) {
            TypeInfo type = input.type();
            Tensor tensor = Tensor.allocate(type.dtype(), Shape.of(shape));
            for (long i = 0; i < tensor.elementCount(); i++) {
                if (type.dtype() == DType.FLOAT32) {
                    tensor.setFloat(i, generator.uniform(-1, 1));
                } else if (input.name().contains("mask")) {
                    tensor.setLong(i, 1);
                } else if (!input.name().contains("type")) {
                    tensor.setLong(i, generator.integer(1000, 20000));
                }
            }
            inputs.put(input.name(), tensor);
        }
        return inputs;
    }
}
