package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Reshape;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class QatCommandTest {
    @TempDir Path folder;
    private Workspace files;

    @BeforeEach
    void prepare() throws IOException {
        files = Workspace.in(folder);
    }

    /// The command on the small model and its pictures.
    private Invocation qat(Path out, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("qat", files.model(), "-o", out, "--data", files.images()));
        arguments.addAll(List.of(more));
        return Invocation.of(arguments.toArray());
    }

    @Test
    void trainsAndWritesTheQuantizedModel() throws IOException {
        Path labels = files.array("labels.npy", Tensor.vector(0, 1, 2, 3, 4, 5));
        Path out = files.file("aware.onnx");
        JsonNode result = qat(out, "--labels", labels, "--epochs", 2, "--batch", 2, "--validation", 0, "--json").json();
        assertThat(result.get("epochs")).hasSize(2);
        assertThat(result.get("best_epoch").asInt()).isBetween(1, 2).isEqualTo(result.at("/best/epoch").asInt());
        assertThat(result.at("/best/accuracy").isNumber()).isTrue();
        assertThat(result.get("quantized_bytes").asLong()).isEqualTo(Files.size(out));
        assertThat(OnnxReader.read(out).nodes()).anyMatch(n -> n.op().type().equals("QuantizeLinear"));
        Invocation.of("run", out, "--input", "image=" + files.images(), "-o", files.file("results")).succeeds();
    }

    @Test
    void goesOnFromTheCheckpoint() {
        Path state = files.file("state");
        Path out = files.file("aware.onnx");
        String first = qat(out, "--checkpoint", state, "--epochs", 2).succeeds().out();
        assertThat(first).contains("epoch 1/2", "epoch 2/2", "aware.onnx");
        Invocation second = qat(out, "--checkpoint", state, "--epochs", 3).succeeds();
        assertThat(second.out()).contains("epoch 3/3").doesNotContain("epoch 2/3", "start");
        Invocation other = qat(out, "--checkpoint", state, "--epochs", 3, "--weight-bits", 4);
        other.failsWith(
                state + ": not a checkpoint of this training: quantization: expected x86 with weights of 4 bits",
                "found x86 with weights of 8 bits");
        qat(out, "--checkpoint", state, "--epochs", 3, "--seed", 2).failsWith("seed: expected 2, found 1");
    }

    @Test
    void tellsHowTrainingGoes() throws IOException {
        Path out = files.file("aware.onnx");
        String alone = qat(out, "--epochs", 2, "--batch", 2).succeeds().out();
        assertThat(alone.lines().toList())
                .anyMatch(l -> l.matches("start {2}validation [\\d.]+ {2}agreement [\\d.]+ %"))
                .anyMatch(l ->
                        l.matches(
                                "epoch 1/2 {2}loss [\\d.]+ {2}validation [\\d.]+ {2}agreement [\\d.]+ % {2}\\d+ s"
                                        + " left( {2}best)?"))
                .anyMatch(l -> l.matches("epoch 2/2 .* 0 s left( {2}best)?"))
                .anyMatch(l -> l.matches(" {2}agreement [\\d.]+ % with the float model"));
        assertThat(alone).doesNotContain("accuracy");
        Path labels = files.array("labels.npy", Tensor.vector(0, 1, 2, 3, 4, 5));
        String labelled = qat(out, "--epochs", 1, "--labels", labels).succeeds().out();
        assertThat(labelled).contains("  accuracy ").doesNotContain("agreement");
    }

    @Test
    void stopsWhenNothingImprovesAndSaysThatTheStartIsKept() {
        Path out = files.file("aware.onnx");
        Invocation spoilt = qat(out, "--validation", 0.5, "--lr", 1000, "--epochs", 9, "--patience", 2).succeeds();
        assertThat(spoilt.out()).contains("epoch 2/9", "aware.onnx  (as calibrated)").doesNotContain("epoch 3/9");
        assertThat(spoilt.err()).contains("no epoch was better than the start", "a smaller --lr");
    }

    @Test
    void divergenceIsAnErrorAndWritesNothing() {
        Path out = files.file("aware.onnx");
        Invocation diverged = qat(out, "--lr", "1e30", "--batch", 1);
        assertThat(diverged.exit()).isEqualTo(2);
        assertThat(diverged.err()).contains("octet: epoch 1: ", "a smaller learning rate may help");
        assertThat(out).doesNotExist();
    }

    @Test
    void rangesThatTrainingKeepsAreTheObservers() throws IOException {
        Path out = files.file("aware.onnx");
        Set<List<Float>> found = new HashSet<>();
        for (String observer : List.of("absmax", "tensorrt-entropy")) {
            qat(out, "--preset", "tensorrt", "--observer", observer, "--epochs", 1).succeeds();
            Graph written = OnnxReader.read(out);
            found.add(
                    written.nodes().stream()
                            .filter(n -> n.op().type().equals("QuantizeLinear"))
                            .map(n -> written.constant(n.input(1)).orElseThrow().getFloat(0))
                            .toList());
        }
        assertThat(found).hasSize(2);
        qat(out, "--observer", "nobody").failsWith("nobody", "tensorrt-entropy");
    }

    /// Of sparse rows whose largest number is the class: entropy cuts off the rare large numbers, and with them what
    /// tells the classes.
    @Test
    void aPoorStartThatTrainingKeepsIsTold() throws IOException {
        Tensor identity = Tensor.allocate(DType.FLOAT32, Shape.of(8, 8));
        Tensor rows = Tensor.allocate(DType.FLOAT32, Shape.of(512, 8));
        for (int i = 0; i < 8; i++) {
            identity.setFloat(i * 9, 1);
        }
        for (int i = 0; i < 512; i++) {
            rows.setFloat(i * 8L + i % 7, 0.8f + 0.0001f * i);
            rows.setFloat(i * 8L + i % 7 + 1, 1);
        }
        GraphBuilder builder = new GraphBuilder("largest");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, 8));
        String y = builder.add(new Gemm(1, 1, false, true), x, builder.constant("weight", identity));
        Path model = files.file("largest.onnx");
        OnnxWriter.write(builder.output(y).build(), model);
        Path data = files.array("rows.npy", rows);
        List<String> command =
                List.of(
                        "qat",
                        model.toString(),
                        "-o",
                        files.file("aware.onnx").toString(),
                        "--data",
                        data.toString(),
                        "--epochs",
                        "1",
                        "--preset",
                        "tensorrt",
                        "--observer");
        Invocation cut =
                Invocation.of(Stream.concat(command.stream(), Stream.of("tensorrt-entropy")).toArray()).succeeds();
        assertThat(cut.err()).contains("preset tensorrt keeps these ranges in training; --observer absmax may");
        Invocation whole = Invocation.of(Stream.concat(command.stream(), Stream.of("absmax")).toArray()).succeeds();
        assertThat(whole.err()).doesNotContain("keeps these ranges");
    }

    /// A network that is written for one sample at a time.
    @Test
    void namesTheBatchThatANetworkIsWrittenFor() throws IOException {
        GraphBuilder builder = new GraphBuilder("fixed");
        String x = builder.input("image", DType.FLOAT32, PartialShape.of(1, 3, 16, 16));
        String row = builder.add(new Reshape(false), x, builder.constant("shape", Tensor.vector(1, 768)));
        Tensor weight = Generator.of(2).normals(Shape.of(10, 768), 0, 0.1f);
        String y = builder.add(new Gemm(1, 1, false, true), row, builder.constant("weight", weight));
        Path model = files.file("fixed.onnx");
        OnnxWriter.write(builder.output(y).build(), model);
        Path out = files.file("aware.onnx");
        Invocation.of("qat", model, "-o", out, "--data", files.images(), "--epochs", 1)
                .failsWith("batch size: expected 1, which the network is written for, found 32 (octet qat: --batch 1)");
        Invocation.of("qat", model, "-o", out, "--data", files.images(), "--epochs", 1, "--batch", 1).succeeds();
    }

    @Test
    void theLimitHoldsForLabelsToo() throws IOException {
        Path labels = files.array("labels.npy", Tensor.vector(0, 1, 2, 3, 4, 5));
        qat(files.file("aware.onnx"), "--labels", labels, "--limit", 4, "--epochs", 1, "--validation", 0).succeeds();
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Path out = files.file("aware.onnx");
        Path labels = files.array("labels.npy", Tensor.vector(0, 1));
        qat(out, "--preset", "nobody").failsWith("preset: expected one of", "nobody");
        qat(out, "--labels", labels).failsWith("labels: expected 6, found 2");
        Path eleven = files.array("eleven.npy", Tensor.vector(0, 1, 2, 3, 4, 10));
        qat(out, "--labels", eleven)
                .failsWith("eleven.npy: labels: sample 5: expected the number of a class, 0 to 9, found 10");
        qat(out, "--labels", files.file("none.npy")).failsWith("none.npy: no such file");
        qat(out, "--lr", 0).failsWith("learning rate: expected a positive number, found 0");
        Invocation.of("qat", files.quantized(), "-o", out, "--data", files.images())
                .failsWith("int8.onnx", "cannot be trained", "it is quantized already: train the float one");
        qat(out, "--epochs", 0).failsWith("epochs: expected at least 1, found 0");
        qat(out, "--weight-bits", 5).failsWith("weight bits: expected 2, 4 or 8, found 5");
        Invocation.of("qat", files.unsupported(), "-o", out, "--data", files.images())
                .failsWith("unsupported.onnx", "com.example.Frobnicate");
        Invocation.of("qat", files.model(), "-o", files.model(), "--data", files.images())
                .failsWith("--output would replace this input");
        assertThat(out).doesNotExist();
    }
}
