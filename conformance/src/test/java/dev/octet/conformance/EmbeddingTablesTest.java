package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gather;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tables with floating zero points run alike in both runtimes, and no number is off by more than half a step.
class EmbeddingTablesTest {
    private static final int ROWS = 40;

    @ParameterizedTest
    @CsvSource({
        "embedding, 6, 255",
        "embedding, 7, 255",
        "embedding4, 6, 15",
        "embedding4, 7, 15",
        "embedding4, 1, 15"
    })
    void rowsAreReadAlike(String preset, int columns, int steps) {
        Tensor table = Generator.of(columns).normals(Shape.of(ROWS, columns), 0.3f, 1);
        GraphBuilder builder = new GraphBuilder("embedding");
        String ids = builder.input("ids", DType.INT64, PartialShape.of(-1, 3));
        builder.output(builder.add(new Gather(0), builder.constant("table", table), ids));
        Graph graph = builder.build();
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.quantizedOperators()).isEqualTo(1);
        long scales = steps == 15 ? 4 : 8;
        assertThat(conversion.quantizedWeightBytes())
                .isEqualTo(ROWS * (scales + (steps == 15 ? (columns + 1) / 2 : columns)));
        Tensor rows = Tensor.of(Shape.of(2, 3), 1L, 39, 0, 17, 17, 5);
        Map<String, Tensor> inputs = Map.of("ids", rows);
        byte[] model = OnnxWriter.toBytes(conversion.graph());
        String y = graph.outputs().getFirst().name();
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model);
                Session session = Session.open(OnnxReader.read(model));
                Session original = Session.open(graph)) {
            float[] found = session.run(inputs).get(y).toFloatArray();
            assertThat(found).containsExactly(oracle.run(inputs).get(y).toFloatArray(), Offset.offset(1e-6f));
            // Ranges are below 8; FLOAT16 has 11 bits of them.
            float halfStep = 8f / steps / 2 + (steps == 15 ? 0.01f : 1e-6f);
            assertThat(found).containsExactly(original.run(inputs).get(y).toFloatArray(), Offset.offset(halfStep));
        }
    }
}
