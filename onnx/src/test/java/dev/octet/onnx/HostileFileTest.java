package dev.octet.onnx;

import static dev.octet.onnx.Models.floats;
import static dev.octet.onnx.Models.ints;
import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.octet.graph.TypeInfo;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.tensor.DType;
import dev.octet.test.Generator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file that is not a valid model is refused with [OnnxFormatException], whatever is wrong with it.
class HostileFileTest {
    private static final byte[] VALID = valid().toByteArray();

    /// Something of everything that the reader looks at.
    private static ModelProto valid() {
        GraphProto.Builder branch =
                GraphProto.newBuilder()
                        .setName("branch")
                        .addNode(node("Relu", List.of("a"), "r"))
                        .addOutput(value("r", 1));
        TensorProto.Builder raw =
                TensorProto.newBuilder()
                        .setName("raw")
                        .setDataType(1)
                        .addDims(1)
                        .addDims(4)
                        .setRawData(ByteString.copyFrom(new byte[16]));
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("x", 1, 2, 4))
                        .addInput(value("cond", 9))
                        .addInitializer(raw)
                        .addInitializer(floats("typed", 1, 2, 3, 4))
                        .addNode(node("Add", List.of("x", "raw"), "a"))
                        .addNode(
                                node("Constant", List.of(), "c")
                                        .addAttribute(
                                                Models.attribute("value", AttributeType.TENSOR).setT(raw.clearName())))
                        .addNode(node("ReduceMean", List.of("a"), "m").addAttribute(ints("axes", 1)))
                        .addNode(
                                node("Gemm", List.of("m", "typed", "c"), "z").addAttribute(Models.integer("transB", 1)))
                        .addNode(
                                node("If", List.of("cond"), "y")
                                        .addAttribute(Models.attribute("then_branch", AttributeType.GRAPH).setG(branch))
                                        .addAttribute(
                                                Models.attribute("else_branch", AttributeType.GRAPH).setG(branch)))
                        .addValueInfo(value("a", 1, 2, 4))
                        .addOutput(value("y", 1))
                        .addOutput(value("z", 1));
        return model(13, graph);
    }

    @Test
    void theValidModelIsRead() {
        assertThat(OnnxReader.read(VALID).nodes()).hasSize(4);
    }

    @Test
    void truncatedFiles() {
        for (int length = 0; length < VALID.length; length++) {
            readOrRefuse(Arrays.copyOf(VALID, length));
        }
    }

    @Test
    void changedBytes() {
        Generator.forAll(
                2026,
                3000,
                generator -> {
                    byte[] file = VALID.clone();
                    int changes = generator.integer(1, 3);
                    for (int i = 0; i < changes; i++) {
                        int at = generator.integer(0, file.length - 1);
                        file[at] =
                                generator.flip()
                                        ? (byte) (file[at] ^ 1 << generator.integer(0, 7))
                                        : (byte) generator.integer(-128, 127);
                    }
                    readOrRefuse(file);
                });
    }

    @Test
    void randomBytes() {
        Generator.forAll(
                2027,
                500,
                generator -> {
                    byte[] file = new byte[generator.integer(0, 200)];
                    for (int i = 0; i < file.length; i++) {
                        file[i] = (byte) generator.integer(-128, 127);
                    }
                    readOrRefuse(file);
                });
    }

    /// Many changes leave a valid model. What must not happen is any other exception.
    private static void readOrRefuse(byte[] file) {
        try {
            assertThat(OnnxReader.read(file).nodes()).isNotNull();
        } catch (OnnxFormatException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @Test
    void notAModel() {
        assertThatThrownBy(() -> OnnxReader.read(new byte[0])).isInstanceOf(OnnxFormatException.class);
        assertThatThrownBy(() -> OnnxReader.read("<html></html>".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(OnnxFormatException.class);
    }

    /// Protobuf's parser has words of its own, which are about its interface.
    @Test
    void messagesAreCutInside() {
        ByteString cutType = ByteString.copyFrom(new byte[] {18, 4, 10, 5, 8, 1});
        UnknownFieldSet.Field field = UnknownFieldSet.Field.newBuilder().addLengthDelimited(cutType).build();
        GraphProto graph =
                GraphProto.newBuilder()
                        .setUnknownFields(UnknownFieldSet.newBuilder().addField(11, field).build())
                        .build();
        assertThatThrownBy(() -> Models.read(ModelProto.newBuilder().setGraph(graph).build()))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageStartingWith(
                        "not a valid ONNX model: expected fields in protobuf's encoding, found one that");
    }

    @Test
    void aSequenceFileThatIsNone(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("input_0.pb"), new byte[] {10, 5, 8});
        TypeInfo sequence = new TypeInfo(DType.FLOAT32, null).asSequence();
        assertThatThrownBy(() -> OnnxTensors.read(file, sequence))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageStartingWith(file + ": expected fields in protobuf's encoding");
    }

    @Test
    void subgraphsNestedWithoutEnd() {
        GraphProto graph = GraphProto.newBuilder().setName("inner").addOutput(value("x", 1)).build();
        for (int depth = 0; depth < 300; depth++) {
            graph =
                    GraphProto.newBuilder()
                            .setName("g")
                            .addNode(
                                    node("If", List.of("c"), "y")
                                            .addAttribute(
                                                    Models.attribute("then_branch", AttributeType.GRAPH).setG(graph)))
                            .build();
        }
        byte[] file = model(13, graph.toBuilder()).toByteArray();
        assertThatThrownBy(() -> OnnxReader.read(file))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("nested");
    }

    @Test
    void graphsWithoutNumber() {
        GraphProto graph = GraphProto.newBuilder().setName("inner").addOutput(value("x", 1)).build();
        for (int depth = 0; depth < 14; depth++) {
            graph =
                    GraphProto.newBuilder()
                            .setName("g")
                            .addNode(
                                    node("If", List.of("c"), "y")
                                            .addAttribute(
                                                    Models.attribute("then_branch", AttributeType.GRAPH).setG(graph))
                                            .addAttribute(
                                                    Models.attribute("else_branch", AttributeType.GRAPH).setG(graph)))
                            .build();
        }
        byte[] file = model(13, graph.toBuilder()).toByteArray();
        assertThatThrownBy(() -> OnnxReader.read(file))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("the file has more than 10000 graphs");
    }

    @Test
    void brokenGraphs() {
        GraphProto.Builder graph =
                GraphProto.newBuilder().setName("g").addInput(value("x", 1)).addOutput(value("y", 1));
        assertRefused(graph.clone(), "graph output 'y' is not defined");
        assertRefused(graph.clone().addNode(node("Relu", List.of("q"), "y")), "'q', which nothing defines");
        assertRefused(
                graph.clone().addNode(node("Relu", List.of("x"), "y")).addNode(node("Relu", List.of("x"), "y")),
                "'y' is defined twice");
        assertRefused(
                graph.clone().addNode(node("Relu", List.of("z"), "y")).addNode(node("Relu", List.of("y"), "z")),
                "cycle");
        assertRefused(
                graph.clone()
                        .addNode(node("Relu", List.of("x"), "y"))
                        .addInitializer(floats("w", 1))
                        .addInitializer(floats("w", 1)),
                "'w' is defined twice");
        assertRefused(graph.clone().addNode(node("", List.of("x"), "y").setName("n")), "no operator type");
        assertRefused(
                graph.clone().addNode(node("Gemm", List.of("x", "x"), "y").addAttribute(Models.text("alpha", "1"))),
                "attribute alpha: expected Float");
    }

    private static void assertRefused(GraphProto.Builder graph, String message) {
        assertThatThrownBy(() -> Models.read(model(13, graph)))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining(message);
    }
}
