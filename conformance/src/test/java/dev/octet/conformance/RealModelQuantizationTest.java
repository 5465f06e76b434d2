package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.benchmarks.ocr.CompareReading;
import dev.octet.benchmarks.ocr.RenderedText;
import dev.octet.data.image.ImageTensor;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks that people use, quantized with preset `x86` and dynamically: how close they stay to their float originals,
/// in Octet and in ONNX Runtime. Bounds are well below what was measured (see each test), so that only real losses
/// fail.
class RealModelQuantizationTest {
    /// Sentences as token numbers of MiniLM's vocabulary.
    private static final long[][] SENTENCES = {
        {101, 1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012, 102},
        {101, 2129, 2079, 1045, 25141, 2026, 20786, 1029, 102},
        {101, 24110, 3775, 9276, 7341, 2613, 3616, 2000, 1037, 2235, 2275, 1997, 24028, 1012, 102},
        {101, 1037, 4040, 2003, 3517, 2247, 1996, 3023, 2006, 4465, 3944, 1012, 102},
        {101, 2016, 4149, 2093, 18108, 1010, 2048, 28253, 2015, 1998, 1037, 27048, 1997, 7852, 1012, 102},
        {101, 1996, 1999, 6767, 6610, 2003, 2349, 2306, 4228, 2420, 1997, 24306, 1012, 102},
        {101, 2073, 2064, 1045, 2424, 1037, 2204, 4825, 2379, 1996, 2276, 1029, 102},
        {101, 15756, 6125, 4553, 2013, 4973, 1012, 102},
        {101, 1996, 2837, 14475, 2049, 3247, 2127, 2279, 2733, 1012, 102},
        {101, 2026, 3345, 2001, 2397, 2153, 2023, 2851, 1012, 102},
        {101, 2300, 26077, 2015, 2012, 2028, 3634, 5445, 2012, 2712, 2504, 1012, 102},
        {101, 2002, 3248, 1996, 6710, 1999, 1037, 2235, 4032, 1012, 102}
    };

    @TempDir private Path folder;

    private Graph model(String resource) throws IOException {
        Path file = folder.resolve("model.onnx");
        try (InputStream in = RealModelQuantizationTest.class.getResourceAsStream(resource)) {
            Files.copy(in, file);
        }
        return OnnxReader.read(file);
    }

    private static Map<String, Tensor> sentence(long[] tokens) {
        Shape shape = Shape.of(1, tokens.length);
        long[] ones = new long[tokens.length];
        Arrays.fill(ones, 1);
        return Map.of(
                "input_ids",
                Tensor.of(shape, tokens),
                "attention_mask",
                Tensor.of(shape, ones),
                "token_type_ids",
                Tensor.of(shape, new long[tokens.length]));
    }

    /// A light picture with dark strokes in it, somewhat like a line of text.
    private static Map<String, Tensor> picture(int seed) {
        Generator g = Generator.caseOf(31, seed);
        int height = 48;
        int width = 192;
        Tensor picture = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, height, width));
        for (long i = 0; i < picture.elementCount(); i++) {
            picture.setFloat(i, 0.8f + g.uniform(-0.05f, 0.05f));
        }
        int baseline = g.integer(30, 40);
        for (int x = g.integer(4, 12); x < width - 12; x += g.integer(6, 12)) {
            int top = baseline - g.integer(8, 24);
            int thickness = g.integer(2, 4);
            for (int c = 0; c < 3; c++) {
                for (int y = top; y < baseline; y++) {
                    for (int k = 0; k < thickness; k++) {
                        picture.setFloat(((long) c * height + y) * width + x + k, -0.85f);
                    }
                }
            }
        }
        return Map.of("x", picture);
    }

    /// What quantization costs, and how Octet's and ONNX Runtime's results compare.
    private record Outcome(Conversion conversion, Fidelity octet, Fidelity runtime) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "Octet %.1f dB, cosine %.4f; ONNX Runtime %.1f dB, cosine %.4f; weights %.2f times smaller;"
                            + " %d operators in integers, %d in float",
                    octet.sqnr(),
                    octet.cosine(),
                    runtime.sqnr(),
                    runtime.cosine(),
                    (double) conversion.floatWeightBytes() / conversion.quantizedWeightBytes(),
                    conversion.quantizedOperators(),
                    conversion.floatOperators());
        }
    }

    private static Outcome outcome(
            Graph graph, String output, List<Map<String, Tensor>> calibration, List<Map<String, Tensor>> test) {
        return outcome(Presets.X86, graph, output, calibration, test);
    }

    private static Outcome outcome(
            QuantizationSpec spec,
            Graph graph,
            String output,
            List<Map<String, Tensor>> calibration,
            List<Map<String, Tensor>> test) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec);
        CalibrationTable table = prepared.calibrate(Dataset.of(calibration), CalibrationListener.NONE);
        return outcome(Quantizer.conversion(prepared, table), graph, output, test);
    }

    private static Outcome outcome(Conversion conversion, Graph graph, String output, List<Map<String, Tensor>> test) {
        FidelityMeter octet = new FidelityMeter();
        FidelityMeter runtime = new FidelityMeter();
        try (Session original = Session.open(graph);
                Session quantized = Session.open(conversion.graph());
                OnnxRuntimeOracle oracle =
                        OnnxRuntimeOracle.open(
                                OnnxWriter.toBytes(conversion.graph()), OnnxRuntimeOracle.Mode.PRECISE)) {
            for (Map<String, Tensor> sample : test) {
                Tensor expected = original.run(sample).get(output);
                octet.add(expected, quantized.run(sample).get(output));
                runtime.add(expected, oracle.run(sample).get(output));
            }
        }
        return new Outcome(conversion, octet.fidelity(), runtime.fidelity());
    }

    /// Measured: 13.9 dB, cosine 0.980. In every layer the activations have seven bits and one scale for all tokens.
    /// Both runtimes are as far from the float model; from each other they are as far, too, since one step of rounding
    /// in a first layer moves many in those that follow.
    @Test
    void sentenceEmbeddingsKeepTheirDirection() throws IOException {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (long[] tokens : SENTENCES) {
            samples.add(sentence(tokens));
        }
        Graph graph = model("/all-minilm-l6-v2.onnx");
        Outcome outcome = outcome(graph, "882", samples.subList(0, 8), samples.subList(8, 12));
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.cosine()).as(outcome.toString()).isGreaterThan(0.965);
            assertThat(fidelity.sqnr()).as(outcome.toString()).isGreaterThan(11);
        }
        Conversion conversion = outcome.conversion();
        assertThat((double) conversion.floatWeightBytes() / conversion.quantizedWeightBytes()).isGreaterThan(3.9);
        assertThat(conversion.floatWeightBytes()).as("all weights of the six layers").isGreaterThan(42_000_000);
    }

    /// Larger networks of the same kind. Measured: see README.md.
    @ParameterizedTest
    @ValueSource(strings = {RealModels.BGE, RealModels.E5})
    void largerSentenceEmbeddings(String model, TestReporter reporter) throws IOException {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (long[] tokens : SENTENCES) {
            samples.add(sentence(tokens));
        }
        Outcome outcome =
                outcome(model("/" + model), "last_hidden_state", samples.subList(0, 8), samples.subList(8, 12));
        reporter.publishEntry(model, outcome.toString());
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.cosine()).as(outcome.toString()).isGreaterThan(0.975);
        }
        assertThat(outcome.conversion().quantizedOperators()).isGreaterThan(70);
    }

    /// Without data. Measured: see README.md.
    @ParameterizedTest
    @ValueSource(strings = {RealModels.BGE, RealModels.E5})
    void dynamically(String model, TestReporter reporter) throws IOException {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (long[] tokens : Arrays.copyOfRange(SENTENCES, 8, 12)) {
            samples.add(sentence(tokens));
        }
        Graph graph = model("/" + model);
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named("octet"));
        Outcome outcome = outcome(conversion, graph, "last_hidden_state", samples);
        reporter.publishEntry(model, outcome.toString());
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.cosine()).as(outcome.toString()).isGreaterThan(0.975);
        }
        assertThat(conversion.quantizedOperators()).isGreaterThanOrEqualTo(72);
    }

    /// Twelve pages or lines.
    private static List<Map<String, Tensor>> text(String model) {
        RenderedText text = new RenderedText(8);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            samples.add(
                    Map.of(
                            "x",
                            model.equals(RealModels.DETECTION_V3)
                                    ? ImageTensor.of(text.page(320, 192), RealModels.PAGE)
                                    : ImageTensor.of(text.line(text.phrase()), CompareReading.PREPROCESS)));
        }
        return samples;
    }

    /// Depthwise convolutions stay in float: channels differ so much that recognition loses almost everything where
    /// they share a scale (1.4 dB).
    private static QuantizationSpec withoutDepthwise(QuantizationSpec spec, Graph graph) {
        QuantizationSpec without = spec;
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Conv conv && conv.group() > 1) {
                without = without.excluding(new NodeSelector.Name(node.name()));
            }
        }
        return without;
    }

    /// The same without data, convolutions included. Measured: see README.md.
    @ParameterizedTest
    @ValueSource(strings = {RealModels.DETECTION_V3, RealModels.RECOGNITION_V3})
    void textDynamically(String model, TestReporter reporter) throws IOException {
        Graph graph = model("/" + model);
        DynamicSpec dynamic = DynamicPresets.named("octet");
        Set<String> operators = new HashSet<>(dynamic.spec().operators());
        operators.add("Conv");
        QuantizationSpec spec = withoutDepthwise(dynamic.spec().withOperators(operators), graph);
        Conversion conversion = Quantizer.dynamic(graph, dynamic.withSpec(spec));
        String output = graph.outputs().getFirst().name();
        Outcome outcome = outcome(conversion, graph, output, text(model).subList(8, 12));
        reporter.publishEntry(model, outcome.toString());
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.cosine()).as(outcome.toString()).isGreaterThan(0.9);
        }
        assertThat(conversion.quantizedOperators()).isGreaterThan(10);
    }

    /// Networks of the generation before, on rendered text. Measured: see README.md.
    @ParameterizedTest
    @ValueSource(strings = {RealModels.DETECTION_V3, RealModels.RECOGNITION_V3})
    void olderNetworksForText(String model, TestReporter reporter) throws IOException {
        List<Map<String, Tensor>> samples = text(model);
        Graph graph = model("/" + model);
        QuantizationSpec spec = withoutDepthwise(Presets.X86, graph);
        String output = graph.outputs().getFirst().name();
        Outcome outcome = outcome(spec, graph, output, samples.subList(0, 8), samples.subList(8, 12));
        reporter.publishEntry(model, outcome.toString());
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.cosine()).as(outcome.toString()).isGreaterThan(0.97);
        }
        assertThat(outcome.conversion().quantizedOperators()).isGreaterThan(40);
    }

    /// Measured: 41 dB.
    @Test
    void directionClassifierStaysClose() throws IOException {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            samples.add(picture(i));
        }
        Graph graph = model("/models/ch_ppocr_mobile_v2.0_cls_infer.onnx");
        String output = graph.outputs().getFirst().name();
        Outcome outcome = outcome(graph, output, samples.subList(0, 16), samples.subList(16, 24));
        for (Fidelity fidelity : List.of(outcome.octet(), outcome.runtime())) {
            assertThat(fidelity.sqnr()).as(outcome.toString()).isGreaterThan(30);
        }
        assertThat(outcome.conversion().quantizedOperators()).isGreaterThan(100);
    }
}
