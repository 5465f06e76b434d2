package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.data.text.TextTokenizer;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gemm;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import dev.octet.test.ReferenceInterpreter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Weights ahead, activations at run time: in Octet, in ONNX Runtime, and as PyTorch computes.
class DynamicQuantizationTest {
    /// Decibels by which runtimes must agree on one quantized model.
    private static final double SAME = 40;

    /// Sessions plan for each length once if sentences of one length follow each other.
    private static final Comparator<Map<String, Tensor>> BY_LENGTH =
            Comparator.comparingLong(inputs -> inputs.values().iterator().next().elementCount());

    /// Presets that store weights in another type and compute in float.
    private static final Map<String, DType> STORED =
            Map.of("float16", DType.FLOAT16, "embedding", DType.UINT8, "embedding4", DType.UINT8);

    static Stream<Arguments> cases() {
        return DynamicPresets.names().stream()
                .filter(p -> !STORED.containsKey(p))
                .flatMap(p -> Stream.of(true, false).map(conv -> Arguments.of(p, conv)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runtimesAgree(String preset, boolean conv) {
        Graph graph = conv ? Models.tinyConvNet(3) : Models.tinyTransformer(3);
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.quantizedOperators()).isPositive();
        assertThat(types(conversion.graph())).contains("MatMulInteger");
        assertAgreement(graph, conversion, conv);
    }

    @ParameterizedTest
    @ValueSource(strings = {"float16", "embedding", "embedding4"})
    void runtimesAgreeOnStoredWeights(String preset) {
        Graph graph = Models.tinyTransformer(3);
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.graph().constants().values())
                .anyMatch(c -> c.dtype() == STORED.get(preset) && c.shape().rank() == 2);
        assertAgreement(graph, conversion, false);
    }

    private static void assertAgreement(Graph graph, Conversion conversion, boolean conv) {
        byte[] model = OnnxWriter.toBytes(conversion.graph());
        FidelityMeter toFloat = new FidelityMeter();
        FidelityMeter reference = new FidelityMeter();
        FidelityMeter engine = new FidelityMeter();
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, OnnxRuntimeOracle.Mode.UNOPTIMIZED);
                Session session = Session.open(conversion.graph())) {
            for (int i = 0; i < 4; i++) {
                Map<String, Tensor> inputs = sample(conv, i);
                Tensor expected = only(oracle.run(inputs));
                toFloat.add(only(ReferenceInterpreter.run(graph, inputs)), expected);
                reference.add(expected, only(ReferenceInterpreter.run(conversion.graph(), inputs)));
                engine.add(expected, only(session.run(inputs)));
            }
        }
        String report = toFloat.fidelity() + " " + reference.fidelity() + " " + engine.fidelity();
        assertThat(toFloat.fidelity().sqnr()).as(report).isGreaterThan(15);
        assertThat(reference.fidelity().sqnr()).as(report).isGreaterThan(SAME);
        assertThat(engine.fidelity().sqnr()).as(report).isGreaterThan(SAME);
    }

    private static List<String> types(Graph graph) {
        return graph.nodes().stream().map(n -> n.op().type()).toList();
    }

    private static Map<String, Tensor> sample(boolean conv, int index) {
        Generator g = Generator.caseOf(5, index);
        return conv
                ? Map.of("image", g.normals(Shape.of(2, 3, 16, 16), 0.1f, 1))
                : Map.of("ids", g.integers(DType.INT64, Shape.of(2, 7), 0, Models.VOCABULARY - 1));
    }

    private static Tensor only(Map<String, Tensor> outputs) {
        assertThat(outputs).hasSize(1);
        return outputs.values().iterator().next();
    }

    /// Outputs of PyTorch's dynamic Linear on generated data (the reference, 8.9), which were printed with eight
    /// digits.
    @Test
    void linearEqualsPyTorch() {
        assertLinear(
                "x86",
                -.22212064f,
                -1.91814077f,
                -1.96065116f,
                -.13456739f,
                -2.19328666f,
                -.46633694f,
                -1.72366393f,
                -.56698066f,
                .24180168f,
                -3.23258781f,
                -3.21119523f,
                .47678843f);
        assertLinear(
                "qnnpack",
                -.22092333f,
                -1.91283894f,
                -1.95440280f,
                -.13597158f,
                -2.18676805f,
                -.48506486f,
                -1.74389875f,
                -.55906087f,
                .24388969f,
                -3.25166345f,
                -3.23355579f,
                .48540595f);
    }

    private static void assertLinear(String preset, float... expected) {
        Tensor x = generated(1, Shape.of(3, 4), 2);
        GraphBuilder builder = new GraphBuilder("linear");
        builder.input("x", DType.FLOAT32, PartialShape.of(3, 4));
        builder.constant("w", generated(2, Shape.of(4, 4), 1));
        builder.constant("b", generated(3, Shape.of(4), 1));
        builder.add(new Node("linear", new Gemm(1, 1, false, true), List.of("x", "w", "b"), List.of("y")));
        builder.output("y");
        // The reference quantized these weights per channel.
        DynamicSpec spec = DynamicPresets.named(preset);
        DynamicSpec perChannel =
                spec.withSpec(spec.spec().withWeight(spec.spec().weight().withObserver(ObserverSpec.PER_CHANNEL)));
        Graph graph = Quantizer.dynamic(builder.build(), perChannel).graph();
        float[] found = ReferenceInterpreter.run(graph, Map.of("x", x)).get("y").toFloatArray();
        try (Session session = Session.open(graph)) {
            assertThat(session.run(Map.of("x", x)).get("y").toFloatArray())
                    .containsExactly(found, Offset.offset(1e-6f));
        }
        assertThat(found).containsExactly(expected, Offset.offset(2e-6f));
    }

    /// The reference's generator of values in `[-1, 1]`.
    private static Tensor generated(long seed, Shape shape, float factor) {
        float[] values = new float[(int) shape.elementCount()];
        long s = seed;
        for (int i = 0; i < values.length; i++) {
            s = (s * 1103515245L + 12345) & 0x7FFFFFFF;
            values[i] = factor * (float) ((double) s / 0x7FFFFFFF * 2 - 1);
        }
        return Tensor.of(shape, values);
    }

    /// Cosines of sentence embeddings with those of the float model: ours without any data against ONNX Runtime's own
    /// dynamically quantized file of the same model.
    @Test
    void sentenceEmbeddingsAreAsCloseAsOnnxRuntimes(@TempDir Path folder) throws Exception {
        Graph graph = OnnxReader.read(RealModels.read(RealModels.MINILM));
        Graph theirs = OnnxReader.read(RealModels.read(RealModels.MINILM_QUANTIZED));
        Graph ours = Quantizer.dynamic(graph, DynamicPresets.named("octet")).graph();
        Path tokenizerFile = folder.resolve("tokenizer.json");
        Files.write(tokenizerFile, RealModels.read(RealModels.MINILM_TOKENIZER));
        List<String> sentences = sentences();
        assertThat(sentences).hasSizeGreaterThanOrEqualTo(200);
        double[] mean = new double[2];
        double[] worst = {1, 1};
        try (TextTokenizer tokenizer = TextTokenizer.open(tokenizerFile, 64);
                Session reference = Session.open(graph);
                Session a = Session.open(ours);
                Session b = Session.open(theirs)) {
            List<Session> sessions = List.of(a, b);
            List<Map<String, Tensor>> encoded =
                    sentences.stream().map(t -> tokenizer.encode(t, graph.inputs())).sorted(BY_LENGTH).toList();
            for (Map<String, Tensor> inputs : encoded) {
                float[] expected = embedding(reference, inputs);
                for (int i = 0; i < mean.length; i++) {
                    double cosine = cosine(expected, embedding(sessions.get(i), inputs));
                    mean[i] += cosine / sentences.size();
                    worst[i] = Math.min(worst[i], cosine);
                }
            }
        }
        String report =
                "mean (worst) cosine: octet %.5f (%.5f), ONNX Runtime's file %.5f (%.5f)"
                        .formatted(mean[0], worst[0], mean[1], worst[1]);
        System.getLogger("octet.test").log(System.Logger.Level.INFO, report);
        assertThat(mean[0]).as(report).isGreaterThanOrEqualTo(mean[1]);
        assertThat(worst[0]).as(report).isGreaterThanOrEqualTo(worst[1]);
    }

    /// The mean of the vectors of all tokens.
    private static float[] embedding(Session session, Map<String, Tensor> inputs) {
        Tensor tokens = session.run(inputs).values().iterator().next();
        int width = (int) tokens.shape().dim(-1);
        float[] mean = new float[width];
        for (int i = 0; i < tokens.elementCount(); i++) {
            mean[i % width] += tokens.getFloat(i);
        }
        return mean;
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }

    private static List<String> sentences() {
        List<String> subjects =
                List.of(
                        "The old captain",
                        "My neighbour",
                        "A young violinist",
                        "The river",
                        "Every morning the baker",
                        "Our team");
        List<String> deeds =
                List.of(
                        "forgot the keys near the harbour", "changed its course after the storm",
                        "wrote a long letter about the weather", "waits for the first train",
                        "does not understand why the price of bread has doubled", "won");
        List<String> ends =
                List.of(
                        ".",
                        " in spite of heavy rain.",
                        " because nobody had asked!",
                        ", or so they say.",
                        " while the children of the village were still asleep.",
                        " in 1987?");
        List<String> sentences = new ArrayList<>();
        for (String subject : subjects) {
            for (String deed : deeds) {
                ends.forEach(end -> sentences.add(subject + " " + deed + end));
            }
        }
        return sentences;
    }
}
