package dev.octet.onnx;

import static dev.octet.onnx.Models.floats;
import static dev.octet.onnx.Models.integer;
import static dev.octet.onnx.Models.ints;
import static dev.octet.onnx.Models.longs;
import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.number;
import static dev.octet.onnx.Models.text;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.CastLike;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Resize.CoordinateTransformation;
import dev.octet.graph.op.Resize.NearestMode;
import dev.octet.graph.op.Resize.ResizeMode;
import dev.octet.graph.op.Softmax;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.SparseTensorProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpsetUpgradeTest {
    private static Node single(Graph graph) {
        assertThat(graph.nodes()).hasSize(1);
        return graph.nodes().get(0);
    }

    private static Node read(int opset, NodeProto.Builder node) {
        return single(Models.read(model(opset, node)));
    }

    private static long[] constant(Graph graph, int input) {
        return graph.constants().get(single(graph).input(input)).toLongArray();
    }

    @ParameterizedTest
    @CsvSource({
        "Squeeze, 11",
        "Unsqueeze, 11",
        "ReduceSum, 11",
        "ReduceMean, 17",
        "ReduceMax, 13",
        "ReduceL2, 7",
        "ReduceLogSumExp, 14"
    })
    void axesBecomeAnInput(String type, int opset) {
        Graph graph = Models.read(model(opset, node(type, List.of("x"), "y").addAttribute(ints("axes", 1, -1))));
        assertThat(constant(graph, 1)).containsExactly(1, -1);
        assertThat(single(graph).op().type()).isEqualTo(type);
        assertThat(single(graph).op().attributes().has("axes")).isFalse();
    }

    @Test
    void reductionWithoutAxesKeepsNone() {
        assertThat(read(11, node("ReduceMean", List.of("x"), "y").addAttribute(integer("keepdims", 0))).inputs())
                .containsExactly("x");
    }

    @Test
    void sliceTakesItsRangesAsInputs() {
        Graph graph =
                Models.read(
                        model(
                                9,
                                node("Slice", List.of("x"), "y")
                                        .addAttribute(ints("starts", 1, 2))
                                        .addAttribute(ints("ends", 3, 4))
                                        .addAttribute(ints("axes", 0, 2))));
        assertThat(constant(graph, 1)).containsExactly(1, 2);
        assertThat(constant(graph, 2)).containsExactly(3, 4);
        assertThat(constant(graph, 3)).containsExactly(0, 2);
    }

    @Test
    void clipTakesBoundsOfItsOperandsType() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 11, 2))
                        .addOutput(value("y", 11, 2))
                        .addNode(node("Clip", List.of("x"), "y").addAttribute(number("max", 6)));
        Graph read = Models.read(model(10, graph));
        assertThat(single(read).has(1)).isFalse();
        assertThat(read.constants().get(single(read).input(2)).dtype()).isEqualTo(DType.FLOAT64);
        assertThat(read.constants().get(single(read).input(2)).getDouble(0)).isEqualTo(6);
    }

    @Test
    void padTakesPadsAndValueAsInputs() {
        Graph graph =
                Models.read(
                        model(
                                10,
                                node("Pad", List.of("x"), "y")
                                        .addAttribute(ints("pads", 0, 1, 2, 3))
                                        .addAttribute(number("value", 5))));
        assertThat(constant(graph, 1)).containsExactly(0, 1, 2, 3);
        assertThat(constant(graph, 2)).containsExactly(5);
    }

    @Test
    void splitTakesItsExtentsAsInput() {
        Graph graph =
                Models.read(
                        model(
                                11,
                                GraphProto.newBuilder()
                                        .setName("g")
                                        .addInput(value("x", 1))
                                        .addOutput(value("a", 1))
                                        .addOutput(value("b", 1))
                                        .addNode(
                                                node("Split", List.of("x"), "a", "b")
                                                        .addAttribute(ints("split", 1, 2)))));
        assertThat(constant(graph, 1)).containsExactly(1, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Softmax", "LogSoftmax"})
    void softmaxWasFlattened(String type) {
        assertThat(read(12, node(type, List.of("x"), "y")).op())
                .isEqualTo(new Softmax(1, type.equals("LogSoftmax"), true));
        assertThat(read(13, node(type, List.of("x"), "y")).op())
                .isEqualTo(new Softmax(-1, type.equals("LogSoftmax"), false));
        assertThat(read(11, node(type, List.of("x"), "y").addAttribute(integer("axis", -1))).op())
                .isEqualTo(new Softmax(-1, type.equals("LogSoftmax"), false));
    }

    @ParameterizedTest
    @CsvSource({
        "Resize, 10, nearest, 2, FLOOR",
        "Resize, 10, nearest, 0.6, CEIL",
        "Resize, 10, linear, 0.6, FLOOR",
        "Upsample, 9, linear, 2, FLOOR"
    })
    void oldResizeIsAsymmetric(String type, int opset, String mode, float scale, NearestMode nearest) {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addOutput(value("y", 1))
                        .addInitializer(floats("s", 1, scale))
                        .addNode(node(type, List.of("x", "s"), "y").addAttribute(text("mode", mode)));
        Node node = single(Models.read(model(opset, graph)));
        assertThat(node.inputs()).containsExactly("x", "", "s");
        Resize resize = (Resize) node.op();
        assertThat(resize.mode()).isEqualTo(mode.equals("nearest") ? ResizeMode.NEAREST : ResizeMode.LINEAR);
        assertThat(resize.coordinates()).isEqualTo(CoordinateTransformation.ASYMMETRIC);
        assertThat(resize.nearestMode()).isEqualTo(nearest);
    }

    @Test
    void anOldResizeThatMayGrowAndShrinkIsTwo() {
        Graph graph = Models.read(model(10, node("Resize", List.of("x", "s"), "y")));
        assertThat(graph.nodes()).extracting(n -> n.op().type()).containsExactly("Max", "Min", "Resize", "Resize");
        assertThat(((Resize) graph.nodes().get(2).op()).nearestMode()).isEqualTo(NearestMode.FLOOR);
        assertThat(((Resize) graph.nodes().get(3).op()).nearestMode()).isEqualTo(NearestMode.CEIL);
    }

    @Test
    void upsampleOfVersion7HasItsScalesAsAttribute() {
        AttributeProto.Builder scales = Models.attribute("scales", AttributeType.FLOATS);
        List.of(1f, 1f, 2f, 3f).forEach(scales::addFloats);
        Graph graph = Models.read(model(7, node("Upsample", List.of("x"), "y").addAttribute(scales)));
        assertThat(graph.constants().get(single(graph).input(2)).toFloatArray()).containsExactly(1, 1, 2, 3);
    }

    @Test
    void emptyScalesOfResizeAreNone() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addOutput(value("y", 1))
                        .addInitializer(floats("none"))
                        .addInitializer(longs("sizes", 1, 1, 4, 4))
                        .addNode(node("Resize", List.of("x", "none", "none", "sizes"), "y"));
        assertThat(single(Models.read(model(11, graph))).has(2)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"7, 1", "12, 2", "13, 3"})
    void dropoutIsAnIdentityUnlessItTrains(int opset, int inputs) {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addOutput(value("y", 1))
                        .addInitializer(floats("ratio", 0.5f).clearDims())
                        .addInitializer(Models.longs("off", 0).setDataType(9).clearInt64Data().addInt32Data(0))
                        .addNode(node("Dropout", List.of("x", "ratio", "off").subList(0, inputs), "y", "mask"));
        Node node = single(Models.read(model(opset, graph)));
        assertThat(node.op()).isEqualTo(new Identity());
        assertThat(node.inputs()).containsExactly("x");
        assertThat(node.outputs()).containsExactly("y");
        graph.setOutput(0, value("mask", 9));
        // Before version 10 the mask had another type.
        Graph masked = Models.read(model(opset, graph));
        if (opset >= 12) {
            assertThat(single(masked).op()).isInstanceOf(Composite.class);
            return;
        }
        assertThat(masked.nodes())
                .extracting(n -> n.op().type())
                .containsExactly("Shape", "ConstantOfShape", "CastLike", "Identity");
        assertThat(masked.producer("mask")).hasValueSatisfying(n -> assertThat(n.op()).isInstanceOf(CastLike.class));
    }

    @Test
    void batchNormalizationDropsUnreadOutputsOfTraining() {
        List<String> inputs = List.of("x", "s", "b", "m", "v");
        Node node =
                read(
                        9,
                        node("BatchNormalization", inputs, "y", "m1", "v1", "m2", "v2")
                                .addAttribute(number("momentum", 0.9f)));
        assertThat(node.op()).isEqualTo(new BatchNormalization(1e-5f));
        assertThat(node.outputs()).containsExactly("y");
        assertThat(read(14, node("BatchNormalization", inputs, "y").addAttribute(integer("training_mode", 1))).op())
                .isInstanceOf(Composite.class);
        Graph byElement =
                Models.read(model(7, node("BatchNormalization", inputs, "y").addAttribute(integer("spatial", 0))));
        assertThat(byElement.nodes())
                .extracting(n -> n.op().type())
                .containsExactly("Sub", "Add", "Sqrt", "Div", "Mul", "Add");
    }

    @Test
    void hardmaxWasFlattened() {
        Graph graph = Models.read(model(11, node("Hardmax", List.of("x"), "y")));
        assertThat(graph.nodes())
                .extracting(n -> n.op().type())
                .containsExactly("Shape", "Flatten", "Hardmax", "Reshape");
        assertThat(read(11, node("Hardmax", List.of("x"), "y").addAttribute(integer("axis", -1))).op().type())
                .isEqualTo("Hardmax");
    }

    @Test
    void sparseConstantsAreFilledWithZeros() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addSparseInitializer(sparse(longs("", 1, 5)).setValues(floats("s", 2, 3)))
                        .addNode(
                                node("Constant", List.of(), "c")
                                        .addAttribute(
                                                Models.attribute("sparse_value", AttributeType.SPARSE_TENSOR)
                                                        .setSparseTensor(
                                                                sparse(
                                                                        longs("", 0, 1, 1, 2)
                                                                                .clearDims()
                                                                                .addDims(2)
                                                                                .addDims(2)))))
                        .addNode(node("Add", List.of("s", "c"), "y"))
                        .addOutput(value("y", 1));
        Graph read = Models.read(model(13, graph));
        assertThat(read.constants().get("s").toFloatArray()).containsExactly(0, 2, 0, 0, 0, 3);
        assertThat(read.constants().get("c").toFloatArray()).containsExactly(0, 2, 0, 0, 0, 3);
        graph.setSparseInitializer(0, sparse(longs("", 1, 6)).setValues(floats("s", 2, 3)));
        assertThatThrownBy(() -> Models.read(model(13, graph)))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("sparse initializer 's': sparse tensor: expected an index in [0, 6), found 6");
        graph.setSparseInitializer(0, sparse(longs("", 1)).setValues(floats("s", 2, 3)));
        assertThatThrownBy(() -> Models.read(model(13, graph))).hasMessageContaining("expected 2 indices");
    }

    private static SparseTensorProto.Builder sparse(TensorProto.Builder indices) {
        return SparseTensorProto.newBuilder().addDims(2).addDims(3).setValues(floats("", 2, 3)).setIndices(indices);
    }

    @Test
    void oldestOperatorSets() {
        assertThat(read(5, node("Cast", List.of("x"), "y").addAttribute(text("to", "DOUBLE"))).op())
                .isEqualTo(new Cast(DType.FLOAT64));
        assertThat(
                        constant(
                                Models.read(
                                        model(
                                                1,
                                                node("Reshape", List.of("x"), "y").addAttribute(ints("shape", 2, -1)))),
                                1))
                .containsExactly(2, -1);
        assertThat(read(3, node("Concat", List.of("x", "x"), "y")).op().attributes().getInt("axis", 0L)).isEqualTo(1);
        assertThatThrownBy(() ->
                        read(
                                6,
                                node("Add", List.of("x", "z"), "y")
                                        .addAttribute(integer("broadcast", 1))
                                        .addAttribute(integer("axis", 1))))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("axis");
    }

    @Test
    void newerOperatorSetsAreRefused() {
        byte[] newest = model(28, node("Relu", List.of("x"), "y")).toByteArray();
        byte[] newer = model(29, node("Relu", List.of("x"), "y")).toByteArray();

        assertThat(OnnxReader.read(newest).nodes()).hasSize(1);
        assertThatThrownBy(() -> OnnxReader.read(newer))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessage("operator set 29 of the standard: expected at most 28, the newest that Octet knows");
    }

    @Test
    void topKKeepsItsCountThoughItIsUnknown() {
        Graph graph =
                Models.read(
                        model(
                                9,
                                GraphProto.newBuilder()
                                        .setName("g")
                                        .addInput(value("x", 1))
                                        .addOutput(value("y", 1))
                                        .addNode(node("TopK", List.of("x"), "y", "i").addAttribute(integer("k", 3)))));
        assertThat(constant(graph, 1)).containsExactly(3);
    }

    @Test
    void typesThatOctetLacksStayOpaque() {
        Node toText = read(13, node("Cast", List.of("x"), "y").addAttribute(integer("to", 8)));
        assertThat(toText.op()).isInstanceOf(Opaque.class);
        Node dequantize =
                read(23, node("DequantizeLinear", List.of("x", "s"), "y").addAttribute(integer("output_dtype", 14)));
        assertThat(dequantize.op()).isInstanceOf(Opaque.class);
    }

    @Test
    void softmaxOfTheLastAxisWasTheSame() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 2, 3))
                        .addOutput(value("y", 1))
                        .addNode(node("Softmax", List.of("x"), "y"));
        assertThat(single(Models.read(model(11, graph))).op()).isEqualTo(new Softmax(1, false, false));
    }

    @ParameterizedTest
    @CsvSource({"LayerNormalization, stash_type, 11", "Range, stash_type, 10"})
    void attributesBeyondOctetsFormStayOpaque(String type, String attribute, int value) {
        NodeProto.Builder node = node(type, List.of("x", "x", "x"), "y");
        assertThat(read(27, node).op()).isNotInstanceOf(Opaque.class);
        assertThat(read(27, node.addAttribute(integer(attribute, value))).op()).isInstanceOf(Opaque.class);
    }

    @Test
    void constantsOfRulesGetFreshNames() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addInput(value("y_axes", 1))
                        .addOutput(value("y", 1))
                        .addNode(node("ReduceMean", List.of("x"), "y").addAttribute(ints("axes", 0)));
        Graph read = Models.read(model(13, graph));
        assertThat(single(read).input(1)).isNotEqualTo("y_axes");
        assertThat(constant(read, 1)).containsExactly(0);
    }
}
