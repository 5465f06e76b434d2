package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.data.npy.Npy;
import dev.octet.engine.Numerics;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RunCommandTest {
    @TempDir private Path folder;

    private Path input;

    @BeforeEach
    void writeInput() throws IOException {
        input = folder.resolve("x.npy");
        Npy.write(Tensor.of(Shape.of(2, 3), -1f, 2f, -3f, 4f, -5f, 6f), input);
    }

    /// One input `x` `[?, 3]`, and an output for each function.
    private Path model(String... outputsAndFunctions) throws IOException {
        GraphBuilder builder = new GraphBuilder("functions");
        builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        for (int i = 0; i < outputsAndFunctions.length; i += 2) {
            String output = outputsAndFunctions[i];
            UnaryFunction function = UnaryFunction.valueOf(outputsAndFunctions[i + 1]);
            builder.add(new Node("node" + i, Unary.of(function), List.of("x"), List.of(output))).output(output);
        }
        return write(builder.build());
    }

    private Path write(Graph graph) throws IOException {
        Path file = folder.resolve("model.onnx");
        OnnxWriter.write(graph, file);
        return file;
    }

    @Test
    void everyOutputGetsAFileOfItsOwn() throws IOException {
        Path out = folder.resolve("deep/out");
        Path model = model("y/1", "RELU", "y:1", "NEG", "y_1", "ABS");
        JsonNode json = Invocation.of("run", model, "--input", "x=" + input, "-o", out, "--json").json();
        List<JsonNode> outputs = json.get("outputs").valueStream().toList();
        assertThat(outputs).extracting(o -> o.get("name").asString()).containsExactly("y/1", "y:1", "y_1");
        assertThat(outputs).allSatisfy(o -> assertThat(o.get("dtype").asString()).isEqualTo("FLOAT32"));
        assertThat(outputs).allSatisfy(o -> assertThat(o.get("shape").toString()).isEqualTo("[2,3]"));
        assertThat(read(outputs.get(0))).containsExactly(0, 2, 0, 4, 0, 6);
        assertThat(read(outputs.get(1))).containsExactly(1, -2, 3, -4, 5, -6);
        assertThat(read(outputs.get(2))).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(out.toFile().list()).containsExactlyInAnyOrder("y_1.npy", "y_1-2.npy", "y_1-3.npy");
    }

    @Test
    void anInputIsGivenOnce() throws IOException {
        Path model = model("y", "RELU");
        Invocation.of("run", model, "--input", "x=" + input, "--input", "x=" + input, "-o", folder.resolve("out"))
                .failsWith("--input: 'x' is given twice");
    }

    private static float[] read(JsonNode output) throws IOException {
        return Npy.read(Path.of(output.get("file").asString())).toFloatArray();
    }

    @Test
    void printsALineForEachOutput() throws IOException {
        Path out = folder.resolve("out");
        Invocation run = Invocation.of("run", model("y", "RELU"), "--input", "x=" + input, "-o", out).succeeds();
        assertThat(run.out()).isEqualTo("y  FLOAT32 2x3  " + out.resolve("y.npy") + System.lineSeparator());
    }

    @Test
    void anOutputNeverReplacesAnInput() throws IOException {
        Path model = model("x_", "RELU");
        Path given = Files.copy(input, folder.resolve("x_.npy"));
        byte[] before = Files.readAllBytes(given);
        Invocation.of("run", model, "--input", "x=" + given, "-o", folder)
                .failsWith(given.toString(), "'x_' would replace this input");
        assertThat(given).hasBinaryContent(before);
    }

    @Test
    void allOutputsAreWrittenOrNone() throws IOException {
        GraphBuilder builder = new GraphBuilder("types");
        builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        builder.add(new Node("relu", Unary.of(UnaryFunction.RELU), List.of("x"), List.of("y"))).output("y");
        builder.add(new Node("cast", new Cast(DType.BFLOAT16), List.of("x"), List.of("z")));
        builder.output(new ValueInfo("z", new TypeInfo(DType.BFLOAT16, null)));
        Path out = folder.resolve("out");
        Invocation.of("run", write(builder.build()), "--input", "x=" + input, "-o", out)
                .failsWith("output 'z'", "NumPy has no type for BFLOAT16");
        assertThat(out.toFile().list()).isEmpty();
    }

    @Test
    void quantizedModelsRunWithTheNumericsOfASystem() throws IOException {
        Workspace workspace = Workspace.in(folder);
        Path quantized = folder.resolve("tflite.onnx");
        Invocation.of(
                        "quantize",
                        workspace.model(),
                        "-o",
                        quantized,
                        "--calibration",
                        workspace.images(),
                        "--preset",
                        "tflite")
                .succeeds();
        Map<String, Tensor> image = Map.of("image", Npy.read(workspace.images()));
        for (Numerics numerics : Numerics.values()) {
            Path out = folder.resolve(numerics.toString());
            String given = "image=" + workspace.images();
            Invocation.of("run", quantized, "--input", given, "-o", out, "--numerics", numerics).succeeds();
            SessionOptions options = SessionOptions.defaults().withNumerics(numerics);
            try (Session session = Session.open(OnnxReader.read(quantized), options)) {
                assertThat(Npy.read(out.resolve("logits.npy")).toFloatArray())
                        .as(numerics.toString())
                        .isEqualTo(session.run(image).get("logits").toFloatArray());
            }
        }
        Invocation.of("run", quantized, "--input", "image=" + workspace.images(), "-o", folder, "--numerics", "x87")
                .failsWith("--numerics", "x87", "TFLITE");
    }

    @Test
    void inputsThatDoNotFitAreNamed() throws IOException {
        Path model = model("y", "RELU");
        Path out = folder.resolve("out");
        Path wide = folder.resolve("wide.npy");
        Npy.write(Tensor.of(Shape.of(2, 4), new float[8]), wide);
        Path whole = folder.resolve("whole.npy");
        Npy.write(Tensor.of(Shape.of(2, 3), new long[6]), whole);
        Path text = Files.writeString(folder.resolve("text.npy"), "hello, I am no array");
        Path absent = folder.resolve("absent.npy");
        Path cut = folder.resolve("cut.npy");
        byte[] bytes = Files.readAllBytes(input);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 1));
        Invocation.of("run", model, "--input", "z=" + input, "-o", out).failsWith("input 'x' is missing", "z=" + input);
        Invocation.of("run", model, "--input", "x=" + input, "--input", "z=" + input, "-o", out)
                .failsWith("the model has no input 'z'", "x: FLOAT32");
        Invocation.of("run", model, "--input", "x=" + wide, "-o", out)
                .failsWith(wide.toString(), "input 'x': expected shape ?x3, found 2x4");
        Invocation.of("run", model, "--input", "x=" + whole, "-o", out)
                .failsWith(whole.toString(), "input 'x': expected FLOAT32, found INT64");
        Invocation.of("run", model, "--input", "x=" + text, "-o", out).failsWith(text.toString(), "not a .npy array");
        Invocation.of("run", model, "--input", "x=" + cut, "-o", out).failsWith(cut.toString());
        Invocation.of("run", model, "--input", "x=" + absent, "-o", out).failsWith(absent + ": no such file");
        Invocation.of("run", model, "--input", "x=" + folder, "-o", out).failsWith(folder.toString());
        assertThat(out).doesNotExist();
    }

    @Test
    void aModelWithoutInputsNeedsNone() throws IOException {
        GraphBuilder builder = new GraphBuilder("constant");
        builder.constant("c", Tensor.of(Shape.of(2), 1f, -2f));
        builder.add(new Node("relu", Unary.of(UnaryFunction.RELU), List.of("c"), List.of("y"))).output("y");
        JsonNode json = Invocation.of("run", write(builder.build()), "-o", folder.resolve("out"), "--json").json();
        assertThat(read(json.get("outputs").get(0))).containsExactly(1, 0);
        Invocation.of("run", model("y", "RELU"), "-o", folder.resolve("out")).failsWith("input 'x' is missing");
    }

    @Test
    void anInputOfAForeignTypeIsNoInputOfFloats() throws IOException {
        GraphBuilder builder = new GraphBuilder("text");
        builder.input(new ValueInfo("x", TypeInfo.foreign("text")));
        builder.input("u", DType.FLOAT32, PartialShape.of(-1, 3));
        Path unread =
                write(builder.add(new Node("id", new Identity(), List.of("u"), List.of("v"))).output("v").build());
        Invocation.of("run", unread, "--input", "u=" + input, "-o", folder.resolve("out")).succeeds();
        Path read =
                write(builder.add(new Node("read", new Identity(), List.of("x"), List.of("y"))).output("y").build());
        Invocation.of("run", read, "--input", "x=" + input, "--input", "u=" + input, "-o", folder.resolve("out"))
                .failsWith(read + ": graph 'text': input 'x' of Identity 'read'", "found no type");
        assertThat(Invocation.of("inspect", read).succeeds().out()).contains("x  no type");
    }

    /// Its body gives back what it is given, and goes on.
    private Path endless(Op step) throws IOException {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String on = body.input("on", DType.BOOL, PartialShape.of());
        String v = body.input("v", DType.FLOAT32, PartialShape.of(-1));
        List<String> operands = step instanceof Concat ? List.of(v, v) : List.of(v);
        body.add(new Node("step", step, operands, List.of("w")));
        body.output(on).output("w");
        GraphBuilder builder = new GraphBuilder("endless");
        builder.input("x", DType.FLOAT32, PartialShape.of(-1));
        builder.add(new Node("loop", new Loop(body.build()), List.of("", "", "x"), List.of("y"))).output("y");
        return write(builder.build());
    }

    @Test
    void aRunHasLimits() throws IOException {
        Npy.write(Tensor.of(Shape.of(2), 1f, 2f), input);
        String given = "x=" + input;
        Path out = folder.resolve("out");
        Path endless = endless(Unary.of(UnaryFunction.NEG));
        Invocation.of("run", endless, "--input", given, "-o", out, "--time-limit", "0.2")
                .failsWith(endless + ": in Loop 'loop'", "longer than the time limit of 0.2 s");
        Path growing = endless(new Concat(0));
        for (String size : List.of("1m", "1024K", "1048576")) {
            Invocation.of("run", growing, "--input", given, "-o", out, "--memory-limit", size)
                    .failsWith(growing + ": in Loop 'loop'", "more than the memory limit of 1048576");
        }
        for (String size : List.of("0", "-1", "1x", "m", "129t", "99999999999999999999")) {
            Invocation.of("run", growing, "--input", given, "-o", out, "--memory-limit=" + size)
                    .failsWith("--memory-limit: expected bytes", "found " + size);
        }
        for (String time : List.of("0", "-1", "NaN", "1e99")) {
            Invocation.of("run", growing, "--input", given, "-o", out, "--time-limit=" + time)
                    .failsWith("--time-limit: expected seconds", "found");
        }
        assertThat(out).doesNotExist();
    }

    @Test
    void calibrationHasLimits() throws IOException {
        Npy.write(Tensor.of(Shape.of(2), 1f, 2f), input);
        Path endless = endless(Unary.of(UnaryFunction.NEG));
        Path out = folder.resolve("q.onnx");
        Invocation.of("quantize", endless, "-o", out, "--calibration", input, "--time-limit", "0.2")
                .failsWith("longer than the time limit of 0.2 s");
        assertThat(out).doesNotExist();
    }

    @Test
    void theFolderForOutputsMustBeOne() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        Path model = model("y", "RELU");
        Invocation.of("run", model, "--input", "x=" + input, "-o", file)
                .failsWith(file.toString(), "a folder for the outputs is expected");
        Invocation.of("run", model, "--input", "x=" + input, "-o", file.resolve("below")).failsWith(file.toString());
        assertThat(file).hasContent("mine");
    }
}
