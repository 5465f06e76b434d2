package dev.octet.onnx;

import static dev.octet.onnx.Models.integer;
import static dev.octet.onnx.Models.ints;
import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxWriterTest {
    @TempDir private Path folder;

    private final GraphBuilder builder = new GraphBuilder("g");
    private final String x = builder.input("x", DType.FLOAT32, PartialShape.of(2, 3, 4));

    private ModelProto write(int opset, Op op, String... inputs) throws IOException {
        builder.output(builder.add(op, inputs));
        Path file = folder.resolve("m.onnx");
        OnnxWriter.write(builder.build(), file, WriteOptions.defaults().withOpset(opset));
        return ModelProto.parseFrom(Files.readAllBytes(file));
    }

    private static List<String> attributes(NodeProto node) {
        return node.getAttributeList().stream().map(AttributeProto::getName).toList();
    }

    @Test
    void axesOfReductionsAreAttributesBefore18() throws IOException {
        String axes = builder.constant("axes", Tensor.vector(1, 2));
        Reduce mean = new Reduce(ReduceFunction.MEAN, true, false);
        GraphProto old = write(17, mean, x, axes).getGraph();
        assertThat(old.getNode(0).getInputList()).containsExactly("x");
        assertThat(old.getNode(0).getAttributeList())
                .anyMatch(a -> a.getName().equals("axes") && a.getIntsList().equals(List.of(1L, 2L)));
        assertThat(attributes(old.getNode(0))).doesNotContain("noop_with_empty_axes");
        assertThat(old.getInitializerList()).isEmpty();
    }

    @Test
    void axesOfReductionsAreAnInputFrom18() throws IOException {
        String axes = builder.constant("axes", Tensor.vector(1));
        GraphProto written = write(18, new Reduce(ReduceFunction.MAX, false, false), x, axes).getGraph();
        assertThat(written.getNode(0).getInputList()).containsExactly("x", "axes");
        assertThat(written.getInitializerList()).extracting(TensorProto::getName).containsExactly("axes");
    }

    @Test
    void axesThatAreComputedNeed18() {
        String axes = builder.input("axes", DType.INT64, PartialShape.of(1));
        assertThatThrownBy(() -> write(13, new Reduce(ReduceFunction.MEAN, true, false), x, axes))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("ReduceMean")
                .hasMessageContaining("needs 18");
    }

    @Test
    void splitSaysItsNumberOfPartsFrom18() throws IOException {
        builder.add(new Node("split", new Split(2, 0), List.of(x), List.of("a", "b"))).output("a");
        Graph graph = builder.build();
        Path file = folder.resolve("m.onnx");
        OnnxWriter.write(graph, file, WriteOptions.defaults().withOpset(18));
        NodeProto node = ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNode(0);
        assertThat(attributes(node)).containsExactlyInAnyOrder("axis", "num_outputs");
        OnnxWriter.write(graph, file, WriteOptions.defaults().withOpset(13));
        node = ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNode(0);
        assertThat(attributes(node)).containsExactly("axis");
    }

    @Test
    void flattenedSoftmaxOfTheLastAxisIsPlain() throws IOException {
        GraphProto graph = write(13, new Softmax(2, false, true), x).getGraph();
        assertThat(graph.getNodeList()).extracting(NodeProto::getOpType).containsExactly("Softmax");
    }

    @Test
    void flattenedSoftmaxOfMoreAxesGoesThroughAMatrix() throws IOException {
        GraphProto graph = write(13, new Softmax(1, true, true), x).getGraph();
        assertThat(graph.getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Shape", "Flatten", "LogSoftmax", "Reshape");
        assertThat(graph.getNode(2).getAttribute(0).getI()).isEqualTo(-1);
    }

    @Test
    void quantizeLinearGetsAZeroPointWhereOnlyThatSaysTheType() throws IOException {
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        GraphProto graph = write(13, new QuantizeLinear(1, 0, DType.INT8), x, scale).getGraph();
        assertThat(attributes(graph.getNode(0))).isEmpty();
        TensorProto zeroPoint = graph.getInitializer(1);
        assertThat(graph.getNode(0).getInputList()).containsExactly("x", "scale", zeroPoint.getName());
        assertThat(zeroPoint.getDataType()).isEqualTo(3);
    }

    @Test
    void sixteenBitQuantizationNeeds21() {
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        String zero = builder.constant("zero", Tensor.scalar(DType.UINT16, 0));
        assertThatThrownBy(() -> write(20, new QuantizeLinear(), x, scale, zero))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("needs 21");
    }

    @Test
    void productsOfShortFloatsNeed21() {
        String a = builder.input("a", DType.FLOAT8E5M2, PartialShape.of(2, 2));
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        String zero = builder.constant("zero", Tensor.scalar(DType.FLOAT8E5M2, 0));
        Op product = new QLinearMatMul(Epilogue.NONE);
        assertThatThrownBy(() -> write(20, product, a, scale, zero, a, scale, zero, scale, zero))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("needs 21");
    }

    @Test
    void attributesThatTheVersionLacksAreLeftOutAtTheirDefault() throws IOException {
        String shape = builder.constant("shape", Tensor.vector(6, 4));
        assertThat(attributes(write(13, new Reshape(false), x, shape).getGraph().getNode(0))).isEmpty();
    }

    @Test
    void aGraphMadeInJavaIsWrittenForRuntimesInUse() throws Exception {
        builder.output(builder.add(Unary.of(UnaryFunction.RELU), x));
        ModelProto model = Models.write(builder.build());
        assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(21);
        assertThat(model.getIrVersion()).isEqualTo(10);
        assertThat(model.getProducerName()).isEqualTo("octet");
    }

    @Test
    void aGraphOfAnOldFileIsWrittenFor13() throws Exception {
        ModelProto model =
                Models.write(
                        Models.read(
                                model(
                                        9,
                                        node("Squeeze", List.of("x"), "y")
                                                .setName("s")
                                                .addAttribute(ints("axes", 0)))));
        assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(13);
        assertThat(model.getIrVersion()).isEqualTo(7);
        assertThat(model.getGraph().getNode(0).getInputCount()).isEqualTo(2);
    }

    @Test
    void microsoftOperatorsImportTheirDomain() throws Exception {
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        String a = builder.input("a", DType.INT8, PartialShape.of(2));
        String zero = builder.constant("zero", Tensor.of(DType.INT8, Shape.SCALAR, (byte) 0));
        builder.output(
                builder.add(
                        new QLinearBinary(BinaryFunction.ADD, Epilogue.NONE),
                        a,
                        scale,
                        zero,
                        a,
                        scale,
                        zero,
                        scale,
                        zero));
        ModelProto model = Models.write(builder.build());
        assertThat(model.getOpsetImportList())
                .anyMatch(o -> o.getDomain().equals("com.microsoft") && o.getVersion() == 1);
        assertThat(model.getGraph().getNode(0).getDomain()).isEqualTo("com.microsoft");
    }

    @Test
    void formsThatOnlyOctetRunsAreRefused() {
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        String a = builder.input("a", DType.INT8, PartialShape.of(2));
        String zero = builder.constant("zero", Tensor.of(DType.INT8, Shape.SCALAR, (byte) 0));
        builder.output(
                builder.add(
                        new QLinearBinary(BinaryFunction.ADD, Epilogue.clip(0, 6)),
                        a,
                        scale,
                        zero,
                        a,
                        scale,
                        zero,
                        scale,
                        zero));
        assertThatThrownBy(() -> OnnxWriter.toBytes(builder.build()))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("QLinearAdd")
                .hasMessageContaining("only Octet");
    }

    @Test
    void unknownOperatorsOfTheStandardAreNotMovedOverAChange() {
        ModelProto old =
                model(
                        18,
                        GraphProto.newBuilder()
                                .setName("g")
                                .addInput(value("x", 1))
                                .addInput(value("axes", 7))
                                .addNode(
                                        node("GroupNormalization", List.of("x", "x", "x"), "a")
                                                .addAttribute(
                                                        Models.attribute("bytes", AttributeType.STRING)
                                                                .setS(ByteString.copyFrom(new byte[] {(byte) 0xFF}))))
                                .addNode(node("ReduceMean", List.of("a"), "y"))
                                .addOutput(value("y", 1)));
        Graph graph = Models.read(old);
        assertThatThrownBy(() -> OnnxWriter.write(graph, folder.resolve("m"), WriteOptions.defaults().withOpset(21)))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("GroupNormalization")
                .hasMessageContaining("21");
        assertThatThrownBy(() -> OnnxWriter.write(graph, folder.resolve("m"), WriteOptions.defaults().withOpset(14)))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("unknown to Octet");
        assertThat(OnnxWriter.toBytes(graph)).isNotEmpty();
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        builder.output(builder.add(Unary.of(UnaryFunction.RELU), x));
        Path file = folder.resolve("m.onnx");
        Files.writeString(file, "old");
        Path blocked = Files.createDirectories(folder.resolve("m.onnx.data").resolve("full"));
        builder.constant("w", Tensor.allocate(DType.FLOAT32, Shape.of(1000)));
        assertThatThrownBy(() ->
                        OnnxWriter.write(builder.build(), file, WriteOptions.defaults().withExternalDataThreshold(0)))
                .isInstanceOf(IOException.class);
        assertThat(Files.readString(file)).isEqualTo("old");
        assertThat(blocked).isDirectory();
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void outputsHaveTheirTrueType() throws Exception {
        String scale = builder.constant("scale", Tensor.scalar(0.1f));
        builder.output(builder.add(new QuantizeLinear(), x, scale));
        assertThat(Models.write(builder.build()).getGraph().getOutput(0).getType().getTensorType().getElemType())
                .isEqualTo(2);
    }

    @Test
    void typesThatTheGraphContradictsAreNotWritten() throws Exception {
        String y = builder.add(Unary.of(UnaryFunction.RELU), x);
        builder.type(y, TypeInfo.of(DType.INT8, Shape.of(2, 3, 4)));
        String z = builder.add(Unary.of(UnaryFunction.NEG), y);
        builder.type(z, TypeInfo.of(DType.FLOAT32, Shape.of(2, 3, 4)));
        builder.output(builder.add(Unary.of(UnaryFunction.ABS), z));
        assertThat(Models.write(builder.build()).getGraph().getValueInfoList())
                .extracting(ValueInfoProto::getName)
                .containsExactly(z);
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> WriteOptions.defaults().withOpset(12)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WriteOptions.defaults().withExternalDataThreshold(-1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void integerAttributesKeepTheirValue() throws Exception {
        ModelProto model = model(17, node("Gather", List.of("x", "x"), "y").addAttribute(integer("axis", 2)));
        assertThat(Models.write(Models.read(model)).getGraph().getNode(0).getAttribute(0).getI()).isEqualTo(2);
    }
}
