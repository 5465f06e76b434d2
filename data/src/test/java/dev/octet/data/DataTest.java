package dev.octet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.data.npy.Npy;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataTest {
    private static final ValueInfo X = value("x", DType.FLOAT32, PartialShape.of(-1, 2, 3));
    private static final ValueInfo IDS = value("ids", DType.INT64, PartialShape.of(-1, 1));

    @TempDir Path folder;

    private static ValueInfo value(String name, DType dtype, PartialShape shape) {
        return new ValueInfo(name, new TypeInfo(dtype, shape));
    }

    private static List<Map<String, Tensor>> read(Path path, List<ValueInfo> inputs, DataOptions options)
            throws IOException {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        try (SampleSource source = Data.open(path, inputs, options)) {
            source.forEach(samples::add);
            assertThat(source.size()).hasValue(samples.size());
        }
        return samples;
    }

    @Test
    void archiveRowsAreSamplesOfOneWithTheInputsTypes() throws IOException {
        List<Map<String, Tensor>> samples = read(Golden.file("samples.npz"), List.of(X, IDS), DataOptions.defaults());
        assertThat(samples).hasSize(4);
        assertThat(samples.get(2).get("x").shape()).isEqualTo(Shape.of(1, 2, 3));
        assertThat(samples.get(2).get("x").getFloat(0)).isEqualTo(12);
        // The file has int32, the model wants int64.
        assertThat(samples.get(3).get("ids").dtype()).isEqualTo(DType.INT64);
        assertThat(samples.get(3).get("ids").getLong(0)).isEqualTo(3);
    }

    /// Six rows are two samples of a model that takes three at once, three of one that takes two, and six of one that
    /// takes matrices without an axis for batches.
    @Test
    void rowsThatAModelTakesAtOnceAreOneSample() throws IOException {
        Path file = folder.resolve("rows.npy");
        Tensor rows = Tensor.allocate(DType.FLOAT32, Shape.of(6, 2, 2));
        for (int i = 0; i < rows.elementCount(); i++) {
            rows.setFloat(i, i);
        }
        Npy.write(rows, file);
        for (long each : new long[] {1, 2, 3, 6}) {
            ValueInfo input = value("x", DType.FLOAT32, PartialShape.of(each, 2, 2));
            List<Map<String, Tensor>> samples = read(file, List.of(input), DataOptions.defaults());
            assertThat(samples).hasSize((int) (6 / each));
            Tensor last = samples.getLast().get("x");
            assertThat(last.shape()).isEqualTo(Shape.of(each, 2, 2));
            assertThat(last.getFloat(last.elementCount() - 1)).isEqualTo(23);
            assertThat(last.getFloat(0)).isEqualTo(24 - each * 4);
        }
        ValueInfo matrix = value("x", DType.FLOAT32, PartialShape.of(2, 2));
        List<Map<String, Tensor>> matrices = read(file, List.of(matrix), DataOptions.defaults());
        assertThat(matrices).hasSize(6);
        assertThat(matrices.get(1).get("x").toFloatArray()).containsExactly(4, 5, 6, 7);
        assertMessage(
                file,
                List.of(value("x", DType.FLOAT32, PartialShape.of(4, 2, 2))),
                DataOptions.defaults(),
                "array 'x': expected a multiple of 4 along its first axis, which the model takes at once, found 6");
    }

    @Test
    void folderOfArraysGroupsInputsBySample() throws IOException {
        for (String key : List.of("", "_1", "_b")) {
            Npy.write(Tensor.allocate(DType.FLOAT32, Shape.of(1, 2, 3)), folder.resolve("x" + key + ".npy"));
            Npy.write(Tensor.of(Shape.of(1, 1), 5L), folder.resolve("ids" + key + ".npy"));
        }
        assertThat(read(folder, List.of(X, IDS), DataOptions.defaults())).hasSize(3);
        Files.delete(folder.resolve("ids_b.npy"));
        assertThatThrownBy(() -> read(folder, List.of(X, IDS), DataOptions.defaults()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("input 'ids' is missing");
    }

    @Test
    void picturesBecomeSamplesInTheOrderOfTheirPaths() throws IOException {
        Files.createDirectories(folder.resolve("b"));
        Files.copy(Golden.file("picture.png"), folder.resolve("b/1.png"));
        Files.copy(Golden.file("picture.png"), folder.resolve("a.png"));
        ValueInfo image = value("image", DType.FLOAT32, PartialShape.of(-1, 3, -1, -1));
        List<Map<String, Tensor>> samples = read(folder, List.of(image), DataOptions.defaults());
        assertThat(samples).hasSize(2);
        assertThat(samples.get(0).get("image").shape()).isEqualTo(Shape.of(1, 3, 37, 53));
    }

    @Test
    void linesOfTextBecomeTokens() throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "Small networks are fast\n\nfast dogs\n");
        ValueInfo ids = value("input_ids", DType.INT64, PartialShape.of(-1, -1));
        ValueInfo mask = value("attention_mask", DType.INT64, PartialShape.of(-1, -1));
        DataOptions options = DataOptions.defaults().withTokenizer(Golden.file("tokenizer.json"));
        List<Map<String, Tensor>> samples = read(text, List.of(ids, mask), options);
        assertThat(samples.get(0).get("input_ids").toLongArray()).containsExactly(1, 3, 4, 2);
        assertThat(samples.get(1).get("input_ids").toLongArray()).containsExactly(2, 0);
        assertThat(samples.get(1).get("attention_mask").toLongArray()).containsExactly(1, 1);
    }

    @Test
    void saysWhatIsWrongWithTheData() throws IOException {
        DataOptions options = DataOptions.defaults();
        assertMessage(folder.resolve("none"), List.of(X), options, "no such file or folder");
        assertMessage(folder, List.of(X), options, "no .npy, no test_data_set_*, and no picture");
        assertMessage(
                Files.writeString(folder.resolve("t.txt"), "hello"), List.of(X), options, "a text with --tokenizer");
        assertMessage(
                folder.resolve("t.txt"),
                List.of(X),
                options.withTokenizer(Golden.file("picture.png")),
                "not a Hugging Face");
        assertMessage(
                folder.resolve("t.txt"),
                List.of(X),
                options.withTokenizer(Golden.file("tokenizer.json")),
                "an input 'x'");
        assertMessage(Golden.file("float32.npy"), List.of(X, IDS), options, "needs a model with one input");
        assertMessage(Golden.file("float32.npy"), List.of(X), options, "expected shape ?x2x3, found 1x2x5");
        assertMessage(Golden.file("samples.npz"), List.of(X), options, "the model has no input 'ids'");
        assertMessage(
                Golden.file("big_endian.npy"),
                List.of(value("x", DType.FLOAT32, PartialShape.of(-1, 3))),
                options,
                "expected FLOAT32, found INT32");
    }

    private void assertMessage(Path path, List<ValueInfo> inputs, DataOptions options, String expected) {
        assertThatThrownBy(() -> read(path, inputs, options))
                .isInstanceOf(DataException.class)
                .hasMessageContaining(expected);
    }
}
