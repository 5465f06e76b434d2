package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Weights of few bits written as MatMulNBits, read back, and run as ONNX Runtime runs them.
class MatMulNBitsTest {
    /// Sums of at most 64 products of numbers about 1, in another order.
    private static final Offset<Float> ROUNDING = Offset.offset(2e-5f);

    private static final QuantizationSpec OPERATORS = Presets.ONNXRUNTIME.withFormat(QuantFormat.QOPERATOR);

    /// A matrix that two products read, one of another orientation with a bias of one row, and a vector.
    private static Graph network(int columns) {
        GraphBuilder builder = new GraphBuilder("products");
        Generator g = Generator.of(columns);
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3, columns));
        String m = builder.input("m", DType.FLOAT32, PartialShape.of(-1, columns));
        String v = builder.input("v", DType.FLOAT32, PartialShape.of(columns));
        String shared = builder.constant("shared", g.normals(Shape.of(columns, 7), 0, 1));
        String rows = builder.constant("rows", g.normals(Shape.of(5, columns), 0.5f, 1));
        String bias = builder.constant("bias", g.normals(Shape.of(1, 5), 0, 1));
        builder.output(builder.add(new MatMul(), x, shared));
        builder.output(builder.add(new MatMul(), v, shared));
        builder.output(builder.add(new Gemm(1, 1, false, true), m, rows, bias));
        return builder.build();
    }

    private static Map<String, Tensor> inputs(int columns) {
        Generator g = Generator.of(1);
        return Map.of(
                "x", g.normals(Shape.of(2, 3, columns), 0, 1),
                "m", g.normals(Shape.of(4, columns), 0, 1),
                "v", g.normals(Shape.of(columns), 0, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 16, true, 48",
        "4, 16, false, 48",
        "4, 16, true, 41",
        "4, 16, false, 41",
        "4, 32, false, 7",
        "4, 32, true, 64",
        "8, 16, true, 41",
        "8, 16, false, 41",
        "8, 32, false, 64",
        "2, 16, true, 41",
        "2, 16, false, 48",
        "2, 32, false, 41"
    })
    void runtimesAgree(int bits, int block, boolean symmetric, int columns) {
        Graph graph = network(columns);
        Conversion packed = Quantizer.weightOnly(graph, new WeightOnlySpec(bits, block, symmetric, OPERATORS));
        Conversion blocks =
                Quantizer.weightOnly(graph, new WeightOnlySpec(bits, block, symmetric, Presets.ONNXRUNTIME));
        byte[] model = OnnxWriter.toBytes(packed.graph());
        Graph read = OnnxReader.read(model);
        assertThat(operators(read))
                .containsOnly(new MatMulNBits(columns, 7, bits, block), new MatMulNBits(columns, 5, bits, block))
                .hasSize(3);
        assertThat(read.constants()).as("one matrix for two products").hasSize(symmetric ? 5 : 7);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model);
                Session session = Session.open(read);
                Session dequantizing = Session.open(blocks.graph())) {
            Map<String, Tensor> inputs = inputs(columns);
            Map<String, Tensor> found = session.run(inputs);
            Map<String, Tensor> expected = dequantizing.run(inputs);
            oracle.run(inputs)
                    .forEach((name, y) -> {
                        assertThat(found.get(name).shape()).isEqualTo(y.shape());
                        assertThat(found.get(name).toFloatArray()).as(name).containsExactly(y.toFloatArray(), ROUNDING);
                        assertThat(expected.get(name).toFloatArray())
                                .as(name)
                                .containsExactly(y.toFloatArray(), ROUNDING);
                    });
        }
    }

    private static List<MatMulNBits> operators(Graph graph) {
        return graph.nodes().stream()
                .map(Node::op)
                .filter(MatMulNBits.class::isInstance)
                .map(MatMulNBits.class::cast)
                .toList();
    }

    @Test
    void productsThatTheOperatorHasNotKeepTheirForm() {
        GraphBuilder builder = new GraphBuilder("scaled");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(20, 4));
        String w = builder.constant("w", Generator.of(3).normals(Shape.of(20, 6), 0, 1));
        builder.output(builder.add(new Gemm(0.5f, 1, true, false), x, w));
        Graph graph = builder.build();
        Graph packed = Quantizer.weightOnly(graph, new WeightOnlySpec(4, 16, true, OPERATORS)).graph();
        assertThat(packed.nodes()).extracting(n -> n.op().type()).containsExactly("DequantizeLinear", "Gemm");
    }
}
