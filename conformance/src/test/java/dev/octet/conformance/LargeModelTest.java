package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.MatMul;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.onnx.WriteOptions;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model whose weights lie beside it: a table of embeddings, and a matrix behind it.
///
/// With `octet.large.rows` at 600,000 the table has more than 2 GiB, so that neither fits where it is read by 32-bit
/// numbers. That takes 5 GB of the disk, 8 GB of memory, and minutes; unless told there are 1,000 rows.
class LargeModelTest {
    private static final long ROWS = Long.getLong("octet.large.rows", 1000);
    private static final int WIDTH = 1024;
    private static final int OUTPUTS = 64;

    private static final WriteOptions OPTIONS = WriteOptions.defaults().withExternalDataThreshold(1 << 20);

    @TempDir private Path folder;

    @Test
    void isWrittenReadAndRun() throws IOException {
        Path file = folder.resolve("large.onnx");
        Path data = folder.resolve("large.onnx.data");
        OnnxWriter.write(graph(), file, OPTIONS);
        assertThat(Files.size(file)).isLessThan(2000);
        assertThat(Files.size(data)).isGreaterThan(ROWS * WIDTH * Float.BYTES);

        // At 600,000 rows byte 2³¹ lies between rows 524,287 and 524,288.
        long middle = ROWS * 524_288 / 600_000;
        Map<String, Tensor> inputs = Map.of("rows", Tensor.vector(0, 1, middle - 1, middle, ROWS - 2, ROWS - 1));
        Graph read = OnnxReader.read(file);
        Tensor expected = runInOnnxRuntime(file, inputs);
        try (Session session = Session.open(read)) {
            TensorAssert.assertThat(session.run(inputs).get("y")).hasSqnrAtLeast(expected, 100);
        }

        Path again = folder.resolve("again.onnx");
        OnnxWriter.write(read, again, OPTIONS);
        assertThat(Files.mismatch(data, folder.resolve("again.onnx.data"))).isEqualTo(-1);
        TensorAssert.assertThat(runInOnnxRuntime(again, inputs)).isIdenticalTo(expected);
    }

    private static Graph graph() {
        GraphBuilder builder = new GraphBuilder("large");
        String rows = builder.input("rows", DType.INT64, PartialShape.of(-1));
        String table = builder.constant("table", table());
        Tensor weights = Generator.of(6).floats(Shape.of(WIDTH, OUTPUTS), -1, 1);
        String row = builder.add(new Gather(0), table, rows);
        String factor = builder.constant("weights", weights);
        return builder.add(new Node("product", new MatMul(), List.of(row, factor), List.of("y"))).output("y").build();
    }

    /// No two rows are the same.
    private static Tensor table() {
        Tensor table = Tensor.allocate(DType.FLOAT32, Shape.of(ROWS, WIDTH));
        for (long i = 0; i < table.elementCount(); i++) {
            long mixed = i * 0x9E3779B97F4A7C15L;
            table.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (mixed >> 40) * 0x1p-23f);
        }
        return table;
    }

    private static Tensor runInOnnxRuntime(Path file, Map<String, Tensor> inputs) {
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(file)) {
            return oracle.run(inputs).get("y");
        }
    }
}
