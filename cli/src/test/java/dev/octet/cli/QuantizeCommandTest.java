package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class QuantizeCommandTest {
    @TempDir private Path folder;

    private Workspace workspace;
    private Path out;

    @BeforeEach
    void prepare() throws IOException {
        workspace = Workspace.in(folder);
        out = folder.resolve("out.onnx");
    }

    private Invocation quantize(Object... more) {
        Object[] arguments = new Object[4 + more.length];
        System.arraycopy(new Object[] {"quantize", workspace.model(), "-o", out}, 0, arguments, 0, 4);
        System.arraycopy(more, 0, arguments, 4, more.length);
        return Invocation.of(arguments);
    }

    @Test
    void tellsProgramsWhatItDid() throws IOException {
        JsonNode json = quantize("--calibration", workspace.images(), "--json").json();
        assertThat(json.get("model").asString()).isEqualTo(workspace.model().toString());
        assertThat(json.get("output").asString()).isEqualTo(out.toString());
        assertThat(json.get("float_bytes").asLong()).isEqualTo(Files.size(workspace.model()));
        assertThat(json.get("quantized_bytes").asLong()).isEqualTo(Files.size(out));
        assertThat(json.get("float_weight_bytes").asLong()).isGreaterThan(json.get("quantized_weight_bytes").asLong());
        assertThat(json.get("quantized_operators").asInt()).isGreaterThan(4);
        assertThat(json.get("float_operators").asInt()).isNotNegative();
        assertThat(json.get("samples").asInt()).isEqualTo(Workspace.SAMPLES);
        assertThat(json.get("seconds").propertyNames())
                .containsExactly("read", "prepare", "calibrate", "convert", "write");
        assertThat(json.get("seconds").valueStream()).allMatch(s -> s.asDouble() >= 0);
    }

    @ParameterizedTest
    @CsvSource({"dynamic,MatMulInteger", "weight-only,DequantizeLinear"})
    void someModesNeedNoData(String mode, String operator) throws IOException {
        JsonNode json = quantize("--mode", mode, "--json").json();
        assertThat(json.get("mode").asString()).isEqualTo(mode);
        assertThat(json.get("quantized_operators").asInt()).isPositive();
        assertThat(json.get("quantized_weight_bytes").asLong()).isLessThan(json.get("float_weight_bytes").asLong());
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals(operator));
        quantize("--mode", mode, "--calibration", workspace.images()).failsWith("--mode " + mode, "takes no data");
    }

    @Test
    void convolutionsAreQuantizedDynamicallyOnRequest() throws IOException {
        assertThat(quantize("--mode", "dynamic").succeeds().out())
                .contains("in float 4 Conv: the specification does not quantize Conv")
                .doesNotContain("Relu");
        assertThat(OnnxReader.read(out).nodes()).noneMatch(n -> n.op().type().equals("ConvInteger"));
        quantize("--mode", "dynamic", "--include-type", "Conv").succeeds();
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals("ConvInteger"));
        Path config = folder.resolve("convolutions.yaml");
        Files.writeString(config, "types: {Conv: default}\n");
        quantize("--mode", "dynamic", "--config", config).succeeds();
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals("ConvInteger"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "4", "8"})
    void blocksOfWeightsAreWrittenAsOneOperatorToo(String bits) throws IOException {
        quantize("--mode", "weight-only", "--weight-bits", bits, "--block-size", "16", "--format", "qoperator")
                .succeeds();
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals("MatMulNBits"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nf4", "codebook", "pow2", "int2"})
    void levelsAtUnequalDistances(String format) throws IOException {
        JsonNode json =
                quantize("--mode", "weight-only", "--weight-format", format, "--block-size", "16", "--json").json();
        assertThat(json.get("quantized_weight_bytes").asLong() * 3).isLessThan(json.get("float_weight_bytes").asLong());
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals("MatMulCodebook"));
        quantize("--mode", "weight-only", "--weight-format", "int3").failsWith("--weight-format", "NF4");
    }

    @Test
    void dynamicModeTakesConfigurationsToo() throws IOException {
        Path config = folder.resolve("dynamic.yaml");
        Files.writeString(
                config,
                "preset: onnxruntime\nformat: integer-ops\nactivations: row\nbodies: true\n"
                        + "weight: {observer: per-channel-minmax}\ntypes: {Conv: float}\n");
        quantize("--mode", "dynamic", "--config", config).succeeds();
        assertThat(OnnxReader.read(out).nodes())
                .anyMatch(n -> n.op().type().equals("MatMulInteger"))
                .noneMatch(n -> n.op().type().equals("ConvInteger") || n.op().type().equals("DynamicQuantizeLinear"));
        Files.writeString(config, "activation: {dtype: uint8}\n");
        quantize("--mode", "dynamic", "--config", config).failsWith("--config", "activation: expected one of");
        Files.writeString(config, "format: gguf\n");
        quantize("--mode", "dynamic", "--config", config).failsWith("--config", "integer-ops", "'gguf'");
        quantize("--mode", "dynamic", "--format", "qdq").failsWith("--format", "'qdq'", "onnxruntime");
    }

    @Test
    void modesSayWhatIsWrong() {
        quantize("--mode", "best").failsWith("--mode", "static, dynamic or weight-only", "'best'");
        quantize("--mode", "dynamic", "--preset", "tpu").failsWith("'tpu'", "octet");
        quantize("--mode", "dynamic", "--observer", "minmax").failsWith("--mode dynamic");
        quantize("--mode", "weight-only", "--weight-bits", "3").failsWith("expected 2, 4 or 8, found 3");
        quantize("--mode", "weight-only", "--block-size", "48").failsWith("power of two");
    }

    @Test
    void tablesOfOtherSystemsAreWrittenAndRead() throws IOException {
        for (String name : List.of("net.table", "net.cache")) {
            Path table = folder.resolve(name);
            String preset = name.endsWith(".table") ? "ncnn" : "tensorrt";
            quantize("--calibration", workspace.images(), "--preset", preset, "--table", table).succeeds();
            assertThat(Files.readString(table)).contains(name.endsWith(".table") ? "_param_0 " : "TRT-");
            byte[] first = Files.readAllBytes(out);
            quantize("--preset", preset, "--table", table).succeeds();
            assertThat(Files.size(out)).isEqualTo(first.length);
        }
    }

    @Test
    void operatorsArePlacedAsAskedFor() throws IOException {
        quantize("--calibration", workspace.images()).succeeds();
        assertThat(OnnxReader.read(out).nodes().getLast().op().type()).isEqualTo("Gemm");
        quantize("--calibration", workspace.images(), "--placement", "fx").succeeds();
        assertThat(OnnxReader.read(out).nodes().getLast().op().type()).isEqualTo("DequantizeLinear");
        quantize("--calibration", workspace.images(), "--placement", "fx", "--preset", "tflite")
                .failsWith("fx is PyTorch's", "tflite");
        quantize("--calibration", workspace.images(), "--placement", "here").failsWith("--placement", "'here'", "fx");
        quantize("--mode", "dynamic", "--placement", "fx").failsWith("--mode dynamic", "--placement");
    }

    @Test
    void aLayerBehindAHashOfNcnnsTableStaysFloat() throws IOException {
        Path table = folder.resolve("net.table");
        quantize("--calibration", workspace.images(), "--preset", "ncnn", "--table", table).succeeds();
        long all = OnnxReader.read(out).nodes().stream().filter(n -> n.op().type().equals("QuantizeLinear")).count();
        List<String> lines = Files.readAllLines(table);
        Files.write(table, lines.stream().map(l -> l.equals(lines.getLast()) ? "#" + l : l).toList());
        quantize("--preset", "ncnn", "--table", table).succeeds();
        long some = OnnxReader.read(out).nodes().stream().filter(n -> n.op().type().equals("QuantizeLinear")).count();
        assertThat(some).isEqualTo(all - 1);
        Files.write(table, List.of("fc9_param_0 1", "fc9 2"));
        quantize("--preset", "ncnn", "--table", table).failsWith("net.table", "found those of [fc9]");
    }

    @ParameterizedTest
    @CsvSource({"qdq,QuantizeLinear", "qoperator,QLinearConv"})
    void writesTheFormThatIsAskedFor(String format, String operator) throws IOException {
        String printed = quantize("--calibration", workspace.images(), "--format", format).succeeds().out();
        assertThat(printed).contains(out.toString(), "operators", "times smaller", "from 6 samples");
        assertThat(OnnxReader.read(out).nodes()).extracting(n -> n.op().type()).contains(operator);
    }

    @Test
    void aTableStandsForTheData() throws IOException {
        Path table = folder.resolve("table.json");
        quantize("--calibration", workspace.images(), "--table", table).succeeds();
        byte[] first = Files.readAllBytes(out);
        Files.delete(out);
        JsonNode json = quantize("--table", table, "--json").json();
        assertThat(json.get("samples").asInt()).isEqualTo(Workspace.SAMPLES);
        assertThat(out).hasBinaryContent(first);
    }

    @Test
    void smoothingNeedsDataAndAFraction() {
        quantize("--calibration", workspace.images(), "--smooth-quant").succeeds();
        quantize("--calibration", workspace.images(), "--smooth-quant", "1.5")
                .failsWith("--smooth-quant: expected ALPHA between 0 and 1, found 1.5");
        quantize("--table", folder.resolve("none.json"), "--smooth-quant").failsWith("--smooth-quant: needs data");
    }

    @Test
    void scalesAreSearchedForNcnn() throws IOException {
        Path table = folder.resolve("eq.table");
        quantize("--calibration", workspace.images(), "--limit", 1, "--preset", "ncnn").succeeds();
        byte[] plain = Files.readAllBytes(out);
        quantize(
                        "--calibration",
                        workspace.images(),
                        "--limit",
                        1,
                        "--preset",
                        "ncnn",
                        "--scale-search",
                        "--table",
                        table)
                .succeeds();
        assertThat(Files.readAllBytes(out)).isNotEqualTo(plain);
        assertThat(Files.readString(table)).contains("_param_0 ");
        quantize("--calibration", workspace.images(), "--scale-search").failsWith("scale search", "ncnn", "x86");
        quantize("--table", table, "--scale-search").failsWith("--scale-search: needs data");
    }

    @Test
    void theLimitCounts() {
        assertThat(quantize("--calibration", workspace.images(), "--limit", 2, "--json").json().get("samples").asInt())
                .isEqualTo(2);
        quantize("--calibration", workspace.images(), "--limit", 0).failsWith("--limit: expected at least 1, found 0");
        quantize("--calibration", workspace.images(), "--max-tokens", 0)
                .failsWith("--max-tokens: expected at least 1, found 0");
    }

    @Test
    void dataThatDoNotFitAreNamed() throws IOException {
        Path small = workspace.array("small.npy", Tensor.of(Shape.of(1, 3, 2, 2), new float[12]));
        Path whole = workspace.array("whole.npy", Tensor.of(Shape.of(1, 3, 16, 16), new long[768]));
        Path none = workspace.array("none.npy", Tensor.of(Shape.of(0, 3, 16, 16), new float[0]));
        Path scalar = workspace.array("scalar.npy", Tensor.of(Shape.SCALAR, 1f));
        Path text = Files.writeString(folder.resolve("words.txt"), "some words\n");
        Path wrongName = npz("wrong.npz", "picture.npy");
        Path noZip = Files.writeString(folder.resolve("broken.npz"), "PK, but no zip");
        Path bare = Files.createDirectory(folder.resolve("bare"));
        List<String> before = workspace.files();
        quantize("--calibration", small).failsWith(small + ": sample 0", "'image'", "Nx3x16x16", "1x3x2x2");
        quantize("--calibration", whole).failsWith(whole + ": sample 0", "'image'", "expected FLOAT32, found INT64");
        quantize("--calibration", none).failsWith(none + ": no samples");
        quantize("--calibration", scalar).failsWith(scalar.toString(), "scalar");
        quantize("--calibration", text).failsWith(text.toString(), "--tokenizer");
        quantize("--calibration", wrongName).failsWith(wrongName.toString(), "'image' is missing", "picture");
        quantize("--calibration", noZip).failsWith(noZip + ": not a .npz archive");
        quantize("--calibration", bare).failsWith(bare + ": no .npy", "in this folder");
        quantize("--calibration", workspace.absent()).failsWith(workspace.absent() + ": no such file");
        quantize("--calibration", workspace.imagesWithNan()).failsWith("nan.npy", "sample 2", "'image'", "NaN");
        Files.delete(folder.resolve("nan.npy"));
        assertThat(workspace.files()).containsExactlyInAnyOrderElementsOf(before);
    }

    private Path npz(String name, String entry) throws IOException {
        Path file = folder.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(Files.readAllBytes(workspace.images()));
        }
        return file;
    }

    @Test
    void aTableOfSomethingElseIsNamed() throws IOException {
        Path text = Files.writeString(folder.resolve("text.json"), "ranges: [0, 1]");
        Path other = Files.writeString(folder.resolve("other.json"), "{\"format\": \"shopping list\"}");
        quantize("--table", text).failsWith(text.toString(), "JSON");
        quantize("--table", other).failsWith(other.toString());
        quantize("--table", folder.resolve("none.json")).failsWith(folder.resolve("none.json") + ": no such file");
        quantize().failsWith("--calibration", "--table");
        assertThat(out).doesNotExist();
    }

    @Test
    void noFileThatIsReadIsReplaced() throws IOException {
        byte[] model = Files.readAllBytes(workspace.model());
        byte[] images = Files.readAllBytes(workspace.images());
        Path link = Files.createSymbolicLink(folder.resolve("link.onnx"), workspace.model());
        for (Path place : List.of(workspace.model(), link, folder.resolve("./float.onnx"))) {
            Invocation.of("quantize", workspace.model(), "-o", place, "--calibration", workspace.images())
                    .failsWith("--output would replace this input");
        }
        Invocation.of("quantize", workspace.model(), "-o", workspace.images(), "--calibration", workspace.images())
                .failsWith("--output would replace this input");
        quantize("--calibration", workspace.images(), "--table", workspace.model())
                .failsWith("--table would replace this input");
        quantize("--calibration", workspace.images(), "--table", out).failsWith("--output would replace");
        assertThat(workspace.model()).hasBinaryContent(model);
        assertThat(workspace.images()).hasBinaryContent(images);
        assertThat(out).doesNotExist();
    }

    @Test
    void placesThatCannotBeWrittenAreToldBeforeTheWork() throws IOException {
        Path inNoFolder = folder.resolve("none/out.onnx");
        Path belowFile = workspace.images().resolve("out.onnx");
        for (Path place : List.of(inNoFolder, belowFile, folder)) {
            // The data are not there either: the place is looked at first.
            Invocation call =
                    Invocation.of("quantize", workspace.model(), "-o", place, "--calibration", workspace.absent());
            call.failsWith(place.equals(belowFile) ? workspace.images().toString() : place.toString());
            assertThat(call.err()).doesNotContain("absent").doesNotContain(".tmp");
        }
        assertThat(workspace.files()).containsExactlyInAnyOrder("float.onnx", "images.npy");
    }

    @Test
    void aFailureLeavesTheOldOutput() throws IOException {
        Files.write(out, "precious".getBytes(StandardCharsets.UTF_8));
        quantize("--calibration", workspace.imagesWithNan()).failsWith("NaN");
        assertThat(out).hasContent("precious");
    }
}
