package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.onnx.WriteOptions;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A file of each version of the standard's operators, in the forms of that version, is read, run, and written back so
/// that ONNX Runtime computes the same bits of it.
class OpsetsTest {
    /// What the ONNX Runtime of the tests knows.
    private static final int NEWEST_OF_ONNX_RUNTIME = 26;

    /// Older ones are written in the forms of this one.
    private static final int OLDEST_WRITTEN = 13;

    private static final int IR_VERSION = 8;

    private static final String FRAME =
            """
            name: 'forms'
            input {name: 'x' type {tensor_type {elem_type: 1 shape {
              dim {dim_value: 2} dim {dim_value: 3} dim {dim_value: 4} dim {dim_value: 4}}}}}
            output {name: 'y' type {tensor_type {elem_type: 1 shape {dim {dim_value: 2} dim {dim_value: 3}}}}}
            initializer {name: 'weights' data_type: 1 dims: [3, 3, 1, 1]
              float_data: [0.5, -1, 2, 0.25, 1, -0.5, 1.5, 0.125, -2]}
            initializer {name: 'v' data_type: 1 dims: 3 float_data: [0.5, 1, 2]}
            initializer {name: 'low' data_type: 1 float_data: -1}
            initializer {name: 'high' data_type: 1 float_data: 1}
            initializer {name: 'axes' data_type: 7 dims: 2 int64_data: [2, 3]}
            initializer {name: 'pads' data_type: 7 dims: 4 int64_data: [0, 0, 0, 1]}
            initializer {name: 'starts' data_type: 7 dims: 2 int64_data: [0, 1]}
            initializer {name: 'ends' data_type: 7 dims: 2 int64_data: [2, 4]}
            """;

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28})
    void isReadRunAndWrittenBack(int opset) throws IOException {
        Path original = folder.resolve("original.onnx");
        Files.write(original, model(opset).toByteArray());
        Graph graph = OnnxReader.read(original);
        Path written = folder.resolve("written.onnx");
        OnnxWriter.write(graph, written, WriteOptions.defaults().withExternalDataThreshold(opset % 2 == 0 ? 0 : 1000));
        assertThat(OnnxReader.read(written).opsets()).containsEntry("", Math.max(opset, OLDEST_WRITTEN));

        Map<String, Tensor> inputs = Map.of("x", Generator.of(opset).normals(Shape.of(2, 3, 4, 4), 0, 1));
        Tensor found = runInOctet(graph, inputs);
        TensorAssert.assertThat(runInOctet(OnnxReader.read(written), inputs)).isIdenticalTo(found);
        if (opset > NEWEST_OF_ONNX_RUNTIME) {
            assertThatThrownBy(() -> OnnxRuntimeOracle.open(original)).hasMessageContaining("Opset " + opset);
            return;
        }
        Tensor expected = runInOnnxRuntime(original, inputs);
        TensorAssert.assertThat(found).hasSqnrAtLeast(expected, 100);
        TensorAssert.assertThat(runInOnnxRuntime(written, inputs)).isIdenticalTo(expected);
    }

    private static Tensor runInOctet(Graph graph, Map<String, Tensor> inputs) {
        try (Session session = Session.open(graph)) {
            return session.run(inputs).get("y").copy();
        }
    }

    private static Tensor runInOnnxRuntime(Path file, Map<String, Tensor> inputs) {
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(file)) {
            return oracle.run(inputs).get("y");
        }
    }

    /// Operators of which most have had several forms.
    private static ModelProto model(int opset) throws ParseException {
        GraphProto.Builder graph = TextFormat.parse(FRAME, GraphProto.class).toBuilder();
        graph.addNode(node("op_type: 'Conv' input: ['x', 'weights'] output: 'conv'"));
        graph.addNode(node("op_type: 'BatchNormalization' input: ['conv', 'v', 'v', 'v', 'v'] output: 'normal'"));
        graph.addNode(
                node(
                        "op_type: 'Clip' output: 'clip' "
                                + (opset < 11
                                        ? "input: 'normal' " + number("min", -1) + number("max", 1)
                                        : "input: ['normal', 'low', 'high']")));
        graph.addNode(node("op_type: 'ReduceMean' output: 'mean' " + axes(opset < 18, "clip")));
        graph.addNode(node("op_type: 'Squeeze' output: 'squeezed' " + axes(opset < 13, "mean")));
        graph.addNode(
                node("op_type: 'Softmax' input: 'squeezed' output: 'soft' attribute {name: 'axis' type: INT i: 1}"));
        graph.addNode(
                node(
                        "op_type: 'Pad' output: 'padded' "
                                + (opset < 11
                                        ? "input: 'soft' " + numbers("pads", "0, 0, 0, 1")
                                        : "input: ['soft', 'pads']")));
        graph.addNode(
                node(
                        "op_type: 'Slice' output: 'y' "
                                + (opset < 10
                                        ? "input: 'padded' " + numbers("starts", "0, 1") + numbers("ends", "2, 4")
                                        : "input: ['padded', 'starts', 'ends']")));
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .build();
    }

    private static NodeProto node(String text) throws ParseException {
        return TextFormat.parse(text, NodeProto.class);
    }

    private static String axes(boolean attribute, String input) {
        return attribute ? "input: '" + input + "' " + numbers("axes", "2, 3") : "input: ['" + input + "', 'axes']";
    }

    private static String number(String name, int value) {
        return "attribute {name: '" + name + "' type: FLOAT f: " + value + "} ";
    }

    private static String numbers(String name, String values) {
        return "attribute {name: '" + name + "' type: INTS ints: [" + values + "]} ";
    }
}
