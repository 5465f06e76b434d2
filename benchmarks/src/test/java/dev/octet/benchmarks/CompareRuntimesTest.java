package dev.octet.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareRuntimesTest {
    @TempDir private Path folder;

    /// A sum that is fed back.
    private Path accumulator() throws Exception {
        GraphBuilder builder = new GraphBuilder("g").opset("", 17);
        builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        builder.input("state", DType.FLOAT32, PartialShape.of(-1, 3));
        builder.input("scale", DType.FLOAT32, PartialShape.of());
        builder.output(builder.add(new Binary(BinaryFunction.ADD), "state", "x"));
        builder.output(builder.add(new Binary(BinaryFunction.MUL), "x", "scale"));
        Graph graph = builder.build();
        Path file = folder.resolve("model.onnx");
        OnnxWriter.write(graph, file);
        return file;
    }

    @Test
    void theSameNumbersAreNoError() throws Exception {
        Map<String, Double> errors =
                CompareRuntimes.errors(
                        accumulator(), List.of("x=2x3", "state=2x3:0", "scale=:16000", "Add_output->state"));
        assertThat(errors).containsOnlyKeys("Add_output", "Mul_output");
        assertThat(errors.values()).allSatisfy(e -> assertThat(e).isZero());
    }

    /// A model is as close to itself as can be, and both runtimes give the same sums.
    @Test
    void aModelIsCloseToItself() throws Exception {
        Path file = accumulator();
        List<String> arguments = List.of("x=2x3", "state=2x3:0", "scale=:2", "Add_output->state");
        assertThat(CompareQuantized.of(file, file, arguments).values())
                .allSatisfy(c -> assertThat(c.octet().sqnr()).isInfinite())
                .allSatisfy(c -> assertThat(c.runtime().sqnr()).isGreaterThan(120));
    }

    @Test
    void otherArgumentsAreRefused() {
        assertThatThrownBy(() -> CompareRuntimes.errors(accumulator(), List.of("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found x");
        assertThatThrownBy(() -> CompareRuntimes.errors(accumulator(), List.of("scale=:1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("input 'x'");
    }
}
