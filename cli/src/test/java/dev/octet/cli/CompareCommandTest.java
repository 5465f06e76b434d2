package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.data.npy.Npy;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class CompareCommandTest {
    @TempDir private Path folder;

    private Workspace workspace;

    @BeforeEach
    void prepare() throws IOException {
        workspace = Workspace.in(folder);
    }

    private Invocation compare(Path other, Object... more) {
        Object[] arguments = new Object[5 + more.length];
        Object[] first = {"compare", workspace.model(), other, "--data", workspace.images()};
        System.arraycopy(first, 0, arguments, 0, 5);
        System.arraycopy(more, 0, arguments, 5, more.length);
        return Invocation.of(arguments);
    }

    @Test
    void aModelEqualsItself() {
        JsonNode json = compare(workspace.model(), "--json").json();
        assertThat(json.propertyNames()).containsExactly("outputs", "top1_agreement");
        JsonNode logits = json.get("outputs").get(0);
        assertThat(logits.get("name").asString()).isEqualTo("logits");
        assertThat(logits.get("max_abs").asDouble()).isZero();
        assertThat(logits.get("cosine").asDouble()).isEqualTo(1);
        assertThat(logits.get("sqnr_db").isNull()).as("infinite, which JSON cannot say").isTrue();
        assertThat(json.get("top1_agreement").asDouble()).isEqualTo(1);
        assertThat(compare(workspace.model()).succeeds().out()).contains("∞", "100.00 % of 6 rows");
    }

    @Test
    void aQuantizedModelIsClose() {
        JsonNode json = compare(workspace.quantized(), "--json", "--layers").json();
        JsonNode logits = json.get("outputs").get(0);
        assertThat(logits.get("sqnr_db").asDouble()).isBetween(15.0, 60.0);
        assertThat(logits.get("cosine").asDouble()).isBetween(0.98, 0.999999);
        assertThat(logits.get("max_abs").asDouble()).isPositive();
        assertThat(json.get("top1_agreement").asDouble()).isBetween(0.5, 1.0);
        assertThat(json.get("layers").valueStream().toList())
                .hasSizeGreaterThan(2)
                .allSatisfy(l -> assertThat(l.get("cosine").asDouble()).isGreaterThan(0.9));
        assertThat(compare(workspace.quantized(), "--layers").succeeds().out().lines().count()).isGreaterThan(5);
    }

    /// The last axis of a map has places, no classes, that of a transformer features, and among one class there is
    /// nothing to choose.
    @Test
    void agreementIsCountedWhereThereAreClasses() throws IOException {
        Op softmax = new Softmax(-1, false, false);
        Op relu = Unary.of(UnaryFunction.RELU);
        assertAgreement(relu, Shape.of(2, 7), "100.00 % of 2 rows");
        assertAgreement(softmax, Shape.of(2, 5, 7), "100.00 % of 10 rows");
        assertAgreement(relu, Shape.of(2, 5, 7), null);
        assertAgreement(softmax, Shape.of(2, 3, 5, 7), null);
        assertAgreement(relu, Shape.of(2, 1), null);
        assertAgreement(relu, Shape.of(2), null);
    }

    private void assertAgreement(Op last, Shape shape, @Nullable String printed) throws IOException {
        GraphBuilder builder = new GraphBuilder("last");
        builder.input("x", DType.FLOAT32, PartialShape.of(shape));
        builder.output(builder.add(last, "x"));
        Path model = folder.resolve("last.onnx");
        OnnxWriter.write(builder.build(), model);
        Path set = Files.createDirectories(folder.resolve("samples"));
        Npy.write(Generator.of(3).normals(shape, 0, 1), set.resolve("x.npy"));
        String out = Invocation.of("compare", model, model, "--data", set).succeeds().out();
        JsonNode json = Invocation.of("compare", model, model, "--data", set, "--json").json();
        assertThat(json.get("top1_agreement").isNull()).as("%s", shape).isEqualTo(printed == null);
        if (printed == null) {
            assertThat(out).as("%s", shape).doesNotContain("top-1");
        } else {
            assertThat(out).contains(printed);
        }
    }

    @Test
    void bounds() {
        Path quantized = workspace.quantized();
        assertThat(compare(quantized, "--min-sqnr", 10, "--min-cosine", 0.9).exit()).isZero();
        Invocation low = compare(quantized, "--min-sqnr", 90);
        assertThat(low.exit()).isEqualTo(1);
        assertThat(low.err()).startsWith("octet: output 'logits': SQNR ").contains("less than 90.0");
        assertThat(low.out()).as("the comparison all the same").contains("logits");
        Invocation far = compare(quantized, "--min-cosine", 0.9999999, "--json");
        assertThat(far.exit()).isEqualTo(1);
        assertThat(far.err()).contains("cosine");
        assertThat(compare(workspace.model(), "--min-sqnr", 300).exit()).as("equal models").isZero();
    }

    @Test
    void resultsThatAreNoNumbersFailABound() throws IOException {
        Path nan = workspace.imagesWithNan();
        Invocation call =
                Invocation.of("compare", workspace.model(), workspace.model(), "--data", nan, "--min-sqnr", 1);
        assertThat(call.exit()).isEqualTo(1);
    }

    @Test
    void modelsThatCannotBeComparedAreTold() throws IOException {
        Path transformer = folder.resolve("transformer.onnx");
        OnnxWriter.write(Models.tinyTransformer(1), transformer);
        compare(transformer).failsWith("no output in common", "logits", "hidden");
    }

    @Test
    void dataAreChecked() throws IOException {
        Path small = workspace.array("small.npy", Tensor.of(Shape.of(1, 3, 2, 2), new float[12]));
        Invocation.of("compare", workspace.model(), workspace.model(), "--data", small)
                .failsWith(small + ": sample 0", "'image'", "1x3x2x2");
        Invocation.of("compare", workspace.model(), workspace.model()).failsWith("--data");
        compare(workspace.model(), "--limit", -1).failsWith("--limit");
    }
}
