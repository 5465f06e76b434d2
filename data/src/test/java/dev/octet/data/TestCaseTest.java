package dev.octet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.engine.SessionOptions;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.Attributes;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.onnx.OnnxTensors;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestCaseTest {
    private static final Tensor X = Tensor.of(Shape.of(3), -1f, 2f, 1000f);

    @TempDir Path folder;

    private void write(Op op, DType type) throws IOException {
        GraphBuilder builder = new GraphBuilder("case");
        builder.input("x", type, PartialShape.of(3));
        builder.add(new Node("n", op, List.of("x"), List.of("y")));
        builder.output(new ValueInfo("y", new TypeInfo(type, PartialShape.of(3))));
        OnnxWriter.write(builder.build(), folder.resolve("model.onnx"));
    }

    private void writeSet(int number, Tensor x, Tensor y) throws IOException {
        Path set = Files.createDirectories(folder.resolve("test_data_set_" + number));
        OnnxTensors.write("x", x, set.resolve("input_0.pb"));
        OnnxTensors.write("y", y, set.resolve("output_0.pb"));
    }

    private Optional<String> run() throws IOException {
        return TestCase.find(folder).getFirst().run(SessionOptions.defaults().withThreads(1));
    }

    @Test
    void passesWithinTheTolerance() throws IOException {
        write(Unary.of(UnaryFunction.NEG), DType.FLOAT32);
        writeSet(0, X, Tensor.of(Shape.of(3), 1f, -2f, -1000.9f));

        assertThat(run()).isEmpty();
        assertThat(TestCase.find(folder.getParent()))
                .extracting(TestCase::name)
                .contains(folder.getFileName().toString());
    }

    @Test
    void saysWhichElementOfWhichSetDiffers() throws IOException {
        write(Unary.of(UnaryFunction.NEG), DType.FLOAT32);
        writeSet(0, X, Tensor.of(Shape.of(3), 1f, -2f, -1000f));
        writeSet(1, X, Tensor.of(Shape.of(3), 1f, -2f, -1001.5f));

        assertThat(run())
                .hasValue("test_data_set_1, output 'y': element 2 of FLOAT32 3: expected -1001.5, found -1000.0");
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT32, 1000, 1000.9, true",
        "FLOAT32, 1000, 1001.1, false",
        "FLOAT32, 0, 0.00000009, true",
        "FLOAT32, 0, 0.0000002, false",
        "FLOAT64, 1000, 1000.9, true",
        "FLOAT16, 1000, 1010, true",
        "FLOAT16, 1000, 1030, false",
        "INT32, 1000, 1000, true",
        "INT32, 1000, 1001, false",
        "FLOAT32, NaN, NaN, true",
        "FLOAT32, NaN, 1, false",
        "FLOAT32, Infinity, 1e30, false"
    })
    void tolerances(DType type, double expected, double found, boolean accepted) {
        Optional<String> difference =
                TestTolerance.difference(Tensor.scalar(type, found), Tensor.scalar(type, expected));

        assertThat(difference.isEmpty()).isEqualTo(accepted);
    }

    @Test
    void typeAndShapeAreCompared() {
        assertThat(TestTolerance.difference(Tensor.scalar(1L), Tensor.scalar(1f)))
                .hasValue("expected FLOAT32 scalar, found INT64 scalar");
        assertThat(TestTolerance.difference(Tensor.vector(1), Tensor.scalar(1L)))
                .hasValue("expected INT64 scalar, found INT64 1");
    }

    @Test
    void refusesWhatCannotRun() throws IOException {
        write(new Opaque("", "NoSuchOperator", Attributes.EMPTY), DType.FLOAT32);
        writeSet(0, X, X);

        assertThatThrownBy(this::run)
                .isInstanceOf(UnsupportedOperatorException.class)
                .hasMessageContaining("NoSuchOperator");
    }

    @Test
    void refusesFoldersThatAreNoCases() throws IOException {
        assertThatThrownBy(() -> TestCase.find(folder))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("model.onnx");
        assertThatThrownBy(() -> TestCase.find(folder.resolve("none")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no such folder");
        write(Unary.of(UnaryFunction.NEG), DType.FLOAT32);
        assertThatThrownBy(this::run).isInstanceOf(DataException.class).hasMessageContaining("test_data_set_0");
        Path set = Files.createDirectories(folder.resolve("test_data_set_0"));
        assertThatThrownBy(this::run)
                .isInstanceOf(DataException.class)
                .hasMessageContaining(set.resolve("input_0.pb") + " is missing for input 'x'");
    }
}
