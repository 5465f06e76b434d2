package dev.octet.conformance;

import static dev.octet.test.TensorAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.pass.ConstantFolding;
import dev.octet.graph.pass.DeadCodeElimination;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The fusion passes on models that people use: what is fused, and that ONNX Runtime agrees about the result.
class FusedModelsTest {
    static List<Arguments> models() {
        return List.of(
                Arguments.of(
                        "all-minilm-l6-v2.onnx",
                        Shape.of(2, 5),
                        Map.of("LayerNormalization", 13L, "Gelu", 6L, "MatMul", 48L, "Gemm", 1L)),
                Arguments.of(
                        "models/ch_PP-OCRv4_det_infer.onnx",
                        Shape.of(1, 3, 32, 64),
                        Map.of("HardSwish", 24L, "Conv", 62L, "ConvTranspose", 2L)),
                Arguments.of(
                        "models/ch_PP-OCRv4_rec_infer.onnx",
                        Shape.of(1, 3, 48, 32),
                        Map.of("HardSwish", 28L, "LayerNormalization", 5L, "Conv", 38L)),
                Arguments.of(
                        "models/ch_PP-OCRv3_rec_infer.onnx",
                        Shape.of(1, 3, 48, 32),
                        Map.of("HardSwish", 27L, "LayerNormalization", 5L, "Conv", 36L)),
                Arguments.of(
                        "models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
                        Shape.of(2, 3, 48, 64),
                        Map.of("HardSwish", 18L, "Conv", 53L, "Gemm", 1L)));
    }

    /// Operators whose only use in these models is a spelled-out formula or something that folds.
    private static final List<String> GONE =
            List.of("BatchNormalization", "Clip", "Erf", "Pow", "ReduceMean", "Sqrt", "Identity");

    @ParameterizedTest
    @MethodSource("models")
    void formulasAreFusedAndResultsKept(String resource, Shape inputShape, Map<String, Long> expected)
            throws IOException {
        byte[] file = RealModels.read(resource);
        Graph graph = OnnxReader.read(file);
        Graph fused = Fusion.standard().apply(graph);
        Map<String, Long> counts =
                fused.nodes().stream().collect(Collectors.groupingBy(n -> n.op().type(), Collectors.counting()));
        assertThat(counts).containsAllEntriesOf(expected).doesNotContainKeys(GONE.toArray(String[]::new));

        Map<String, Tensor> inputs = inputs(graph, inputShape);
        Graph specialized = specialize(fused, inputs);
        Map<String, Tensor> found = ReferenceInterpreter.run(specialized, inputs);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(file)) {
            Map<String, Tensor> truth = oracle.run(inputs);
            assertThat(found.keySet()).isEqualTo(truth.keySet());
            truth.forEach((name, value) -> assertThat(found.get(name)).as(name).hasSqnrAtLeast(value, 80));
        }
    }

    /// All shape arithmetic goes, and every shape is known.
    private static Graph specialize(Graph fused, Map<String, Tensor> inputs) {
        Map<String, TypeInfo> types =
                inputs.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> TypeInfo.of(e.getValue())));
        Graph specialized = ConstantFolding.withInputTypes(types).then(new DeadCodeElimination()).apply(fused);
        Inferred inferred = ShapeInference.infer(specialized);
        assertThat(specialized.nodes())
                .allMatch(n -> inferred.type(n.output()).filter(TypeInfo::isFixed).isPresent())
                .noneMatch(n -> n.op().type().equals("Shape"));
        return specialized;
    }

    private static Map<String, Tensor> inputs(Graph graph, Shape shape) {
        Generator generator = Generator.of(11);
        Function<ValueInfo, Tensor> draw =
                input -> {
                    if (input.type().dtype() == DType.FLOAT32) {
                        return RealModels.strokes(generator, shape, 2);
                    }
                    boolean tokens = input.name().equals("input_ids");
                    return generator.integers(DType.INT64, shape, tokens ? 0 : 1, tokens ? 30000 : 1);
                };
        Map<String, Tensor> inputs = new HashMap<>();
        graph.inputs().forEach(input -> inputs.put(input.name(), draw.apply(input)));
        return inputs;
    }
}
