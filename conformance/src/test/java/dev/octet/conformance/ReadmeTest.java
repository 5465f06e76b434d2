package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Node;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The Java of README.md compiles and does what it says. (That of qat/README.md is a test of its own.)
class ReadmeTest {
    private static final Pattern SNIPPET = Pattern.compile("(?ms)^```java\n(.*?)^```");
    private static final Pattern COMMENT = Pattern.compile("// (\\[\\[.*]])");

    private static final List<String> PACKAGES =
            List.of(
                    "dev.octet.engine",
                    "dev.octet.graph",
                    "dev.octet.graph.layer",
                    "dev.octet.graph.pass",
                    "dev.octet.onnx",
                    "dev.octet.quant",
                    "dev.octet.quantize",
                    "dev.octet.quantize.calibration",
                    "dev.octet.quantize.spec",
                    "dev.octet.tensor",
                    "java.lang.foreign",
                    "java.nio.file",
                    "java.util");

    @TempDir private Path folder;

    @Test
    void aModelIsQuantizedAndRuns() throws Exception {
        OnnxWriter.write(Models.tinyConvNet(3), folder.resolve("model.onnx"));
        Map<String, Tensor> inputs = Map.of("image", Generator.of(7).normals(Shape.of(1, 3, 16, 16), 0, 1));
        run(snippets().get(0).replace("Path.of(", "folder.resolve("), Dataset.of(List.of(inputs)), inputs);
        assertThat(OnnxReader.read(folder.resolve("model.int8.onnx")).nodes())
                .extracting(n -> n.op().type())
                .contains("QuantizeLinear", "DequantizeLinear");
    }

    @Test
    void sevenStepsOfPyTorch() throws Exception {
        Generator g = Generator.of(5);
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("x", g.normals(Shape.of(2, 3, 16, 16), 0, 1));
        Dataset data = Dataset.of(List.of(Map.copyOf(inputs)));
        // What runs the code has no parameter for a state: it comes along with the inputs.
        inputs.put("conv.weight", g.normals(Shape.of(4, 3, 3, 3), 0, 0.2f));
        for (String name : List.of("conv.bias", "bn.weight", "bn.bias", "bn.running_mean")) {
            inputs.put(name, g.normals(Shape.of(4), 0, 0.5f));
        }
        inputs.put("bn.running_var", g.floats(Shape.of(4), 0.5f, 2));
        inputs.put("fc.weight", g.normals(Shape.of(10, 1024), 0, 0.05f));
        inputs.put("fc.bias", g.normals(Shape.of(10), 0, 0.1f));
        String code =
                "Map<String, Tensor> state = new HashMap<>(inputs);\ninputs.keySet().retainAll(List.of(\"x\"));\n"
                        + snippets().get(1).replace("Path.of(", "folder.resolve(")
                        + "results.addAll(Session.open(fused).run(inputs).values());\n"
                        + "results.addAll(Session.open(quantized).run(inputs).values());\n";
        List<Tensor> results = run(code, data, inputs);
        assertThat(Fidelity.of(results.get(0), results.get(1)).sqnr()).isGreaterThan(25);
        List<Node> nodes = OnnxReader.read(folder.resolve("net.int8.onnx")).nodes();
        assertThat(nodes).extracting(n -> n.op().type()).doesNotContain("BatchNormalization");
        assertThat(nodes.stream().filter(n -> n.op().type().equals("QuantizeLinear"))).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void arithmeticGivesWhatTheCommentsSay() throws Exception {
        String code = snippets().get(2);
        List<String> said = COMMENT.matcher(code).results().map(m -> m.group(1)).toList();
        List<Tensor> tensors = run(code + "results.addAll(List.of(q, y));", Dataset.of(List.of()), Map.of());
        List<String> found = new ArrayList<>();
        tensors.forEach(t -> found.add(rows(t)));
        assertThat(found).isEqualTo(said);
    }

    private static String rows(Tensor tensor) {
        int columns = Math.toIntExact(tensor.shape().dim(1));
        List<List<Number>> rows = new ArrayList<>();
        for (int from = 0; from < tensor.elementCount(); from += columns) {
            List<Number> row = new ArrayList<>();
            for (int i = from; i < from + columns; i++) {
                if (tensor.dtype().isFloating()) {
                    row.add(tensor.getFloat(i));
                } else {
                    row.add(tensor.getLong(i));
                }
            }
            rows.add(row);
        }
        return rows.toString();
    }

    private static List<String> snippets() {
        List<MatchResult> found = SNIPPET.matcher(Repository.read(Path.of("README.md"))).results().toList();
        assertThat(found).as("pieces of Java in README.md").hasSize(3);
        return found.stream().map(m -> m.group(1)).toList();
    }

    /// Compiles and runs the body of a method that may use `folder`, `data` and `inputs`.
    private List<Tensor> run(String body, Dataset data, Map<String, Tensor> inputs) throws Exception {
        StringBuilder source = new StringBuilder();
        PACKAGES.forEach(p -> source.append("import ").append(p).append(".*;\n"));
        source.append("public class Snippet {\n    public static void run(Path folder, Dataset data,")
                .append(" Map<String, Tensor> inputs, List<Tensor> results) throws Exception {\n")
                .append(body)
                .append("}\n}\n");
        Path file = Files.writeString(folder.resolve("Snippet.java"), source);
        compile(file);
        List<Tensor> results = new ArrayList<>();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Class.forName("Snippet", true, loader)
                    .getMethod("run", Path.class, Dataset.class, Map.class, List.class)
                    .invoke(null, folder, data, inputs, results);
        }
        return results;
    }

    private void compile(Path file) throws Exception {
        JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK");
        StringWriter messages = new StringWriter();
        List<String> options =
                List.of("-proc:none", "-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled =
                    compiler.getTask(messages, files, null, options, null, files.getJavaFileObjects(file)).call();
            assertThat(compiled).as("%s", messages).isTrue();
        }
    }
}
