package dev.octet.onnx;

import static dev.octet.onnx.Models.floats;
import static dev.octet.onnx.Models.integer;
import static dev.octet.onnx.Models.ints;
import static dev.octet.onnx.Models.longs;
import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.octet.graph.Attributes.EncodedValue;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Opaque;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.FunctionProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import dev.octet.onnx.proto.SparseTensorProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorAnnotation;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TrainingInfoProto;
import dev.octet.onnx.proto.TypeProto;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.tensor.DType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a file says is there again when it was read and written.
class FidelityTest {
    private static final UnknownFieldSet UNKNOWN =
            UnknownFieldSet.newBuilder().addField(99, UnknownFieldSet.Field.newBuilder().addFixed32(7).build()).build();

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static GraphProto.Builder relu() {
        return GraphProto.newBuilder()
                .setName("g")
                .addInput(value("x", 1, 3))
                .addNode(node("Relu", List.of("x"), "y").setName("relu"))
                .addOutput(value("y", 1, 3));
    }

    private static void assertUnchanged(ModelProto model) throws Exception {
        assertThat(Models.write(Models.read(model))).isEqualTo(model);
    }

    @Test
    void everythingThatHasNoPlaceInAGraph() throws Exception {
        GraphProto.Builder graph =
                relu().setDocString("graph doc")
                        .addMetadataProps(entry("g", "1"))
                        .addQuantizationAnnotation(TensorAnnotation.newBuilder().setTensorName("y"))
                        .setUnknownFields(UNKNOWN);
        graph.getNodeBuilder(0)
                .setDocString("node doc")
                .addMetadataProps(entry("n", "2"))
                .setOverload("o")
                .setUnknownFields(UNKNOWN);
        graph.getInputBuilder(0).setDocString("input doc").addMetadataProps(entry("i", "3"));
        graph.getInputBuilder(0).setUnknownFields(UNKNOWN);
        ModelProto model =
                ModelProto.newBuilder()
                        .setIrVersion(12)
                        .setProducerName("p")
                        .setProducerVersion("1.2")
                        .setDomain("org.example")
                        .setModelVersion(5)
                        .setDocString("model doc")
                        .addMetadataProps(entry("b", "x"))
                        .addMetadataProps(entry("a", "y"))
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("other").setVersion(3))
                        .addTrainingInfo(TrainingInfoProto.newBuilder().setAlgorithm(relu()))
                        .addFunctions(
                                FunctionProto.newBuilder().setName("f").setDomain("other").addInput("a").addOutput("a"))
                        .setGraph(graph)
                        .setUnknownFields(UNKNOWN)
                        .build();
        assertUnchanged(model);
        Graph read = Models.read(model);
        assertThat(read.metadata().documentation()).isEqualTo("model doc");
        assertThat(read.metadata().properties()).containsExactly(Map.entry("b", "x"), Map.entry("a", "y"));
        assertThat(read.nodes().get(0).metadata().documentation()).isEqualTo("node doc");
        assertThat(read.inputs().get(0).metadata().documentation()).isEqualTo("input doc");
    }

    @Test
    void typesInTheirOwnWords() throws Exception {
        TypeProto.Builder sequence = TypeProto.newBuilder();
        sequence.getSequenceTypeBuilder().getElemTypeBuilder().getTensorTypeBuilder().setElemType(1);
        ValueInfoProto.Builder odd = value("odd", 1, -1, 3).setDocString("d");
        odd.getTypeBuilder().setDenotation("IMAGE");
        odd.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimParam("?");
        odd.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimParam("batch");
        odd.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().addDimBuilder();
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(odd)
                        .addInput(value("text", 8, 2))
                        .addInput(ValueInfoProto.newBuilder().setName("list").setType(sequence))
                        .addInput(value("i", 7))
                        .addNode(node("SequenceAt", List.of("list", "i"), "a").setName("at"))
                        .addNode(node("Relu", List.of("a"), "y").setName("relu"))
                        .addValueInfo(value("a", 1, 2).setDocString("inner"))
                        .addOutput(ValueInfoProto.newBuilder().setName("y"));
        ModelProto model = canonical(17, graph);
        assertUnchanged(model);
        Graph read = Models.read(model);
        assertThat(read.inputs().get(0).type().shape().dims())
                .containsExactly(Dim.UNKNOWN, Dim.of(3), Dim.UNKNOWN, Dim.symbol("batch"), Dim.UNKNOWN);
        assertThat(read.types().get("a").dtype()).isEqualTo(DType.FLOAT32);
    }

    /// A model as the writer orders it, so that it can be compared whole.
    private static ModelProto canonical(int opset, GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(12)
                .setProducerName("p")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                .setGraph(graph)
                .build();
    }

    @Test
    void documentedConstantsAndAttributes() throws Exception {
        TensorProto.Builder weight =
                TensorProto.newBuilder()
                        .setName("w")
                        .setDataType(1)
                        .addDims(1)
                        .setRawData(ByteString.copyFrom(new byte[4]))
                        .setDocString("weight doc")
                        .setUnknownFields(UNKNOWN);
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 3))
                        .addInitializer(weight)
                        .addNode(
                                node("Concat", List.of("x", "w"), "y")
                                        .setName("c")
                                        .addAttribute(
                                                integer("axis", 0).setDocString("axis doc").setUnknownFields(UNKNOWN)))
                        .addOutput(value("y", 1, 4));
        assertUnchanged(canonical(17, graph));
    }

    @Test
    void unknownOperatorsKeepEverything() throws Exception {
        NodeProto.Builder mystery =
                node("Mystery", List.of("x", "", "x"), "y", "", "z", "")
                        .setName("m")
                        .setDomain("org.example")
                        .addAttribute(integer("i", 1))
                        .addAttribute(ints("is", 1, 2))
                        .addAttribute(Models.number("f", 0.5f))
                        .addAttribute(Models.text("s", "text"))
                        .addAttribute(
                                Models.attribute("bytes", AttributeType.STRING)
                                        .setS(ByteString.copyFrom(new byte[] {(byte) 0xFF, 0})))
                        .addAttribute(Models.attribute("tensors", AttributeType.TENSORS).addTensors(floats("t", 1)))
                        .addAttribute(Models.attribute("type", AttributeType.TYPE_PROTO).setTp(value("v", 1).getType()))
                        .addAttribute(
                                Models.attribute("text", AttributeType.TENSOR)
                                        .setT(
                                                TensorProto.newBuilder()
                                                        .setDataType(8)
                                                        .addDims(1)
                                                        .addStringData(ByteString.copyFromUtf8("a"))))
                        .addAttribute(
                                Models.attribute("eight", AttributeType.TENSOR)
                                        .setT(
                                                TensorProto.newBuilder()
                                                        .setDataType(17)
                                                        .addDims(2)
                                                        .setRawData(ByteString.copyFrom(new byte[] {1, 2}))));
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 3))
                        .addNode(mystery)
                        .addOutput(value("y", 1));
        ModelProto model =
                canonical(17, graph).toBuilder()
                        .clearOpsetImport()
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("org.example").setVersion(2))
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                        .build();
        assertUnchanged(model);
        Node read = Models.read(model).nodes().get(0);
        assertThat(read.op()).isInstanceOf(Opaque.class);
        assertThat(read.outputs()).containsExactly("y", "", "z", "");
        assertThat(read.op().attributes().asMap().get("bytes")).isInstanceOf(EncodedValue.class);
    }

    private static ValueInfoProto.Builder typed(String name, TypeProto.Builder type) {
        return ValueInfoProto.newBuilder().setName(name).setType(type);
    }

    @Test
    void typesThatOctetDoesNotHaveAreToldAndKept() throws Exception {
        TypeProto.Builder text = value("", 8).getTypeBuilder();
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("text", 8))
                        .addInput(value("newer", 99))
                        .addInput(typed("texts", TypeProto.newBuilder().setSequenceType(sequenceOf(text))))
                        .addInput(typed("map", TypeProto.newBuilder().setMapType(TypeProto.Map.newBuilder())))
                        .addInput(ValueInfoProto.newBuilder().setName("untyped"))
                        .addNode(node("Identity", List.of("text"), "inner").setName("i"))
                        .addNode(node("Identity", List.of("inner"), "y").setName("o"))
                        .addValueInfo(value("inner", 8))
                        .addOutput(value("y", 8));
        Graph read = Models.read(model(17, graph));
        assertThat(read.inputs())
                .allSatisfy(i -> assertThat(i.type().isForeign()).isTrue())
                .extracting(i -> i.type().toString())
                .containsExactly(
                        "STRING tensor", "element type 99 tensor", "sequence of STRING tensor", "map", "no type");
        assertThat(Models.write(read).getGraph()).isEqualTo(graph.build());
    }

    private static TypeProto.Sequence.Builder sequenceOf(TypeProto.Builder type) {
        return TypeProto.Sequence.newBuilder().setElemType(type);
    }

    @Test
    void constantsThatNoTensorHoldsStayNodes() throws Exception {
        TensorProto.Builder text =
                TensorProto.newBuilder()
                        .setName("text")
                        .setDataType(8)
                        .addDims(1)
                        .addStringData(ByteString.copyFromUtf8("a"));
        SparseTensorProto.Builder sparse =
                SparseTensorProto.newBuilder()
                        .addDims(1L << 40)
                        .setValues(floats("sparse", 1))
                        .setIndices(longs("", 5));
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInitializer(text)
                        .addSparseInitializer(sparse)
                        .addNode(
                                node("Constant", List.of(), "t2")
                                        .setName("c")
                                        .addAttribute(
                                                Models.attribute("value_string", AttributeType.STRING)
                                                        .setS(ByteString.copyFromUtf8("b"))))
                        .addNode(node("Mystery", List.of("text", "sparse", "t2"), "y").setDomain("org.example"))
                        .addOutput(value("y", 1));
        Graph read = Models.read(model(17, graph));
        assertThat(read.constants()).isEmpty();
        GraphProto written = Models.write(read).getGraph();
        assertThat(written.getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Constant", "Constant", "Constant", "Mystery");
        assertThat(written.getNode(0).getAttribute(0).getT()).isEqualTo(text.build());
        assertThat(written.getNode(1).getAttribute(0).getSparseTensor()).isEqualTo(sparse.build());
    }

    @Test
    void constantNodesBecomeConstants() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addNode(
                                node("Constant", List.of(), "a")
                                        .addAttribute(
                                                Models.attribute("value", AttributeType.TENSOR).setT(longs("", 1, 2))))
                        .addNode(node("Constant", List.of(), "b").addAttribute(Models.number("value_float", 2.5f)))
                        .addNode(node("Constant", List.of(), "c").addAttribute(integer("value_int", 3)))
                        .addNode(
                                node("Constant", List.of(), "d")
                                        .addAttribute(
                                                Models.attribute("value_floats", AttributeType.FLOATS)
                                                        .addFloats(1)
                                                        .addFloats(2)))
                        .addNode(node("Constant", List.of(), "e").addAttribute(ints("value_ints", 4, 5)))
                        .addOutput(value("a", 7));
        Graph read = Models.read(model(13, graph));
        assertThat(read.nodes()).isEmpty();
        assertThat(read.constants().get("a").toLongArray()).containsExactly(1, 2);
        assertThat(read.constants().get("b").getFloat(0)).isEqualTo(2.5f);
        assertThat(read.constants().get("b").shape().rank()).isZero();
        assertThat(read.constants().get("c").getLong(0)).isEqualTo(3);
        assertThat(read.constants().get("d").toFloatArray()).containsExactly(1, 2);
        assertThat(read.constants().get("e").toLongArray()).containsExactly(4, 5);
    }

    @Test
    void initializersAreNoInputs() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addInput(value("w", 1))
                        .addInitializer(floats("w", 1))
                        .addNode(node("Add", List.of("x", "w"), "y"))
                        .addOutput(value("y", 1));
        assertThat(Models.read(model(8, graph)).inputs()).extracting("name").containsExactly("x");
    }

    @Test
    void nodesWithoutNamesOrWithOneTwiceGetTheirOwn() {
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1))
                        .addNode(node("Relu", List.of("x"), "a"))
                        .addNode(node("Relu", List.of("a"), "b").setName("same"))
                        .addNode(node("Relu", List.of("b"), "c").setName("same"))
                        .addNode(node("Relu", List.of("c"), "y").setName("Relu_0"))
                        .addOutput(value("y", 1));
        assertThat(Models.read(model(13, graph)).nodes())
                .extracting(Node::name)
                .containsExactly("Relu_0_1", "same", "same_1", "Relu_0");
    }
}
