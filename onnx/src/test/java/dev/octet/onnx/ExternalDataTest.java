package dev.octet.onnx;

import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TensorProto.DataLocation;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalDataTest {
    @TempDir private Path folder;

    /// A model `x + w` with `w` of four floats elsewhere.
    private Path model(Path inside, String location, String offset, String length) throws IOException {
        TensorProto.Builder weight =
                TensorProto.newBuilder()
                        .setName("w")
                        .setDataType(1)
                        .addDims(4)
                        .setDataLocation(DataLocation.EXTERNAL)
                        .addExternalData(entry("location", location));
        if (!offset.isEmpty()) {
            weight.addExternalData(entry("offset", offset));
        }
        if (!length.isEmpty()) {
            weight.addExternalData(entry("length", length));
        }
        ModelProto model =
                Models.model(
                        13,
                        GraphProto.newBuilder()
                                .setName("g")
                                .addInput(value("x", 1, 4))
                                .addOutput(value("y", 1, 4))
                                .addInitializer(weight)
                                .addNode(node("Add", List.of("x", "w"), "y")));
        Path file = inside.resolve("m.onnx");
        Files.write(file, model.toByteArray());
        return file;
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static void data(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 10; i++) {
            bytes.putFloat(i);
        }
        Files.write(file, bytes.array());
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "8, 16", "8, ''", "24, 16"})
    void readsARangeOfAnotherFile(String offset, String length) throws IOException {
        data(folder.resolve("w.bin"));
        Graph graph = OnnxReader.read(model(folder, "w.bin", offset, length));
        int first = offset.isEmpty() ? 0 : Integer.parseInt(offset) / 4;
        assertThat(graph.constants().get("w").toFloatArray()).containsExactly(first, first + 1, first + 2, first + 3);
    }

    @Test
    void readsBeyondTwoGigabytes() throws IOException {
        long offset = 5L << 30;
        try (FileChannel sparse =
                FileChannel.open(folder.resolve("w.bin"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer value = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putFloat(12, 7);
            sparse.write(value, offset);
        }
        Graph graph = OnnxReader.read(model(folder, "w.bin", Long.toString(offset), "16"));
        assertThat(graph.constants().get("w").toFloatArray()).containsExactly(0, 0, 0, 7);
    }

    @ParameterizedTest
    @CsvSource({"28, 16", "8, 12", "-4, 16", "9223372036854775807, 16", "x, 16", "99999999999999999999, 16"})
    void refusesARangeThatDoesNotFit(String offset, String length) throws IOException {
        data(folder.resolve("w.bin"));
        Path model = model(folder, "w.bin", offset, length);
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("initializer 'w'")
                .hasMessageContaining(model.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../w.bin", "sub/../../w.bin", "..", "sub\\..\\..\\w.bin", "", "missing.bin", "sub"})
    void refusesAPathThatIsNotInTheFolder(String location) throws IOException {
        Path inside = Files.createDirectories(folder.resolve("model"));
        Files.createDirectories(inside.resolve("sub"));
        data(folder.resolve("w.bin"));
        Path model = model(inside, location, "", "");
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("initializer 'w'");
    }

    @Test
    void refusesAnAbsolutePathAlsoIntoTheFolder() throws IOException {
        data(folder.resolve("w.bin"));
        Path model = model(folder, folder.resolve("w.bin").toAbsolutePath().toString(), "", "");
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("inside the model's folder");
    }

    @Test
    void refusesALinkThatLeavesTheFolder() throws IOException {
        Path inside = Files.createDirectories(folder.resolve("model"));
        data(folder.resolve("w.bin"));
        Files.createSymbolicLink(inside.resolve("w.bin"), Path.of("../w.bin"));
        Path model = model(inside, "w.bin", "", "");
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("leaves the model's folder");
    }

    @Test
    void refusesAFolderThatIsALinkOutOfTheFolder() throws IOException {
        Path inside = Files.createDirectories(folder.resolve("model"));
        data(Files.createDirectories(folder.resolve("elsewhere")).resolve("w.bin"));
        Files.createSymbolicLink(inside.resolve("sub"), Path.of("../elsewhere"));
        Path model = model(inside, "sub/w.bin", "", "");
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("leaves the model's folder");
    }

    /// Tied weights may be stored once; written back they are two tensors.
    @Test
    void tensorsMayOverlap() throws IOException {
        data(folder.resolve("w.bin"));
        Path file = model(folder, "w.bin", "8", "16");
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        TensorProto.Builder other = model.getGraph().getInitializer(0).toBuilder().setName("v");
        other.getExternalDataBuilder(1).setValue("12");
        model.getGraphBuilder().addInitializer(other).addNode(node("Add", List.of("y", "v"), "z"));
        model.getGraphBuilder().setOutput(0, value("z", 1, 4));
        Files.write(file, model.build().toByteArray());
        Graph graph = OnnxReader.read(file);
        OnnxWriter.write(graph, folder.resolve("again.onnx"), WriteOptions.defaults().withExternalDataThreshold(0));
        for (Graph read : List.of(graph, OnnxReader.read(folder.resolve("again.onnx")))) {
            assertThat(read.constants().get("w").toFloatArray()).containsExactly(2, 3, 4, 5);
            assertThat(read.constants().get("v").toFloatArray()).containsExactly(3, 4, 5, 6);
        }
    }

    @Test
    void followsALinkWithinTheFolder() throws IOException {
        data(Files.createDirectories(folder.resolve("sub")).resolve("w.bin"));
        Files.createSymbolicLink(folder.resolve("w.bin"), Path.of("sub/w.bin"));
        assertThat(OnnxReader.read(model(folder, "w.bin", "", "")).constants().get("w").toFloatArray())
                .containsExactly(0, 1, 2, 3);
    }

    @Test
    void aModelInMemoryHasNoOtherFiles() throws IOException {
        data(folder.resolve("w.bin"));
        byte[] model = Files.readAllBytes(model(folder, "w.bin", "", ""));
        assertThatThrownBy(() -> OnnxReader.read(model))
                .isInstanceOf(OnnxFormatException.class)
                .hasMessageContaining("not read from a file");
    }

    @Test
    void writesWeightsBesideTheModel() throws IOException {
        Generator generator = Generator.of(7);
        Tensor large = generator.floats(Shape.of(1024, 300), -1, 1);
        Tensor medium = generator.floats(Shape.of(300), -1, 1);
        GraphBuilder builder = new GraphBuilder("g");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, 300));
        String sum = builder.add(new Binary(BinaryFunction.ADD), x, builder.constant("medium", medium));
        sum = builder.add(new Binary(BinaryFunction.ADD), sum, builder.constant("large", large));
        sum = builder.add(new Binary(BinaryFunction.ADD), sum, builder.constant("small", Tensor.scalar(2f)));
        builder.output(sum);
        Path file = folder.resolve("m.onnx");
        OnnxWriter.write(builder.build(), file, WriteOptions.defaults().withExternalDataThreshold(1000));

        ModelProto model = ModelProto.parseFrom(Files.readAllBytes(file));
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            assertThat(tensor.getDataLocation())
                    .isEqualTo(tensor.getName().equals("small") ? DataLocation.DEFAULT : DataLocation.EXTERNAL);
            if (tensor.getName().equals("large")) {
                assertThat(Long.parseLong(tensor.getExternalData(1).getValue()) % 4096).isZero();
            }
        }
        assertThat(Files.size(file)).isLessThan(2000);
        Graph read = OnnxReader.read(file);
        TensorAssert.assertThat(read.constants().get("large")).isIdenticalTo(large);
        TensorAssert.assertThat(read.constants().get("medium")).isIdenticalTo(medium);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder("m.onnx", "m.onnx.data");
        }

        // Writing over the files that the graph's weights are views of.
        OnnxWriter.write(read, file, WriteOptions.defaults().withExternalDataThreshold(1000));
        TensorAssert.assertThat(OnnxReader.read(file).constants().get("large")).isIdenticalTo(large);
    }
}
