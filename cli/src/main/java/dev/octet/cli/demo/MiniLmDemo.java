package dev.octet.cli.demo;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.cli.bench.InterleavedBench;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.data.text.TextLines;
import dev.octet.data.text.TextTokenizer;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.algorithm.smoothquant.SmoothQuant;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.Presets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// The main job on a real network, all-MiniLM-L6-v2: quantize, check against float, time; in Octet and in every other
/// runtime at hand.
public final class MiniLmDemo implements AutoCloseable {
    private static final String MODEL = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";

    /// A document of common length.
    private static final int TIMED_DOCUMENT = 1;

    private static final int MAX_TOKENS = 128;
    private static final int ROUNDS = 30;
    private static final long WARMUP_NANOS = 1_000_000_000L;

    private final Path floatModel;
    private final Path quantizedModel;
    private final Path table;
    private final TextTokenizer tokenizer;
    private final int threads;
    private final Consumer<String> steps;

    private MiniLmDemo(Path directory, int threads, Consumer<String> steps) throws Exception {
        Files.createDirectories(directory);
        floatModel = DemoFiles.extract(MODEL, directory.resolve("minilm.onnx"));
        quantizedModel = directory.resolve("minilm.int8.onnx");
        table = directory.resolve("minilm.calibration.json");
        tokenizer = TextTokenizer.open(DemoFiles.extract(TOKENIZER, directory.resolve("tokenizer.json")), MAX_TOKENS);
        this.threads = threads;
        this.steps = steps;
    }

    /// What the demo found.
    ///
    /// @param quantized the file written
    /// @param floatMillis median time of one sentence
    /// @param queries how many were asked
    /// @param outcomes of the quantized model by runtime; Octet's comes first
    public record Result(
            Path quantized,
            long floatBytes,
            long quantizedBytes,
            double floatMillis,
            int queries,
            List<Outcome> outcomes,
            List<Hit> hits) {}

    /// How the quantized model does in a runtime, compared with the float model in Octet.
    ///
    /// @param millis median time of one sentence
    /// @param meanCosine average cosine between a sentence's float and int8 vectors
    /// @param sqnrDb signal to noise of the token vectors
    /// @param agreeing queries for which both find the same document
    public record Outcome(
            String engine, double millis, double meanCosine, double worstCosine, double sqnrDb, int agreeing) {}

    /// A query and the documents that the float network and the int8 one find for it.
    public record Hit(String query, String expected, String document) {}

    /// @param directory where the models are written; made if it is not there
    /// @param steps told each step before it is done
    /// @throws Exception if a file cannot be read or written, or a runtime fails
    public static Result run(Path directory, int threads, Consumer<String> steps) throws Exception {
        try (MiniLmDemo demo = new MiniLmDemo(directory, threads, steps)) {
            demo.quantize();
            return demo.compare();
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private void quantize() throws Exception {
        List<String> sentences = DemoFiles.lines("sentences.txt");
        steps.accept("reading " + floatModel);
        Graph graph = OnnxReader.read(floatModel);
        // Not closed: closing it would close the tokenizer.
        SampleSource samples =
                TextLines.of("the demo's sentences", sentences, tokenizer, new InputContract(graph.inputs()));
        steps.accept("smoothing its activations on " + sentences.size() + " sentences");
        Graph smooth =
                new SmoothQuant(SmoothQuant.TRANSFORMERS)
                        .apply(
                                graph,
                                Presets.X86,
                                samples,
                                SessionOptions.defaults().withThreads(threads),
                                CalibrationListener.NONE);
        PreparedGraph prepared = Quantizer.prepare(smooth, Presets.X86);
        steps.accept("calibrating on the same, preset " + prepared.spec().name());
        CalibrationTable ranges = prepared.calibrate(samples, threads, CalibrationListener.NONE);
        ranges.save(table);
        steps.accept("writing " + quantizedModel);
        OnnxWriter.write(Quantizer.convert(prepared, ranges), quantizedModel);
    }

    private Result compare() throws Exception {
        List<String> documents = DemoFiles.lines("documents.txt");
        List<String> queries = DemoFiles.lines("queries.txt");
        Map<String, BenchEngine> engines = new LinkedHashMap<>();
        engines.put("octet", Objects.requireNonNull(BenchEngine.available().get("octet")));
        engines.putAll(BenchEngine.available());
        List<SentenceEncoder> encoders = new ArrayList<>();
        try {
            encoders.add(encoder(engines.values().iterator().next(), floatModel));
            for (BenchEngine engine : engines.values()) {
                encoders.add(encoder(engine, quantizedModel));
            }
            steps.accept("comparing on " + documents.size() + " other sentences");
            List<Reading> readings = new ArrayList<>();
            for (SentenceEncoder encoder : encoders) {
                readings.add(Reading.of(encoder, documents, queries));
            }
            steps.accept("timing");
            List<InterleavedBench.Times> times = time(encoders, documents.get(TIMED_DOCUMENT));
            List<Outcome> outcomes = new ArrayList<>();
            for (String name : engines.keySet()) {
                int index = outcomes.size() + 1;
                double millis = times.get(index).medianMillis();
                outcomes.add(outcome(name, millis, readings.getFirst(), readings.get(index)));
            }
            return new Result(
                    quantizedModel,
                    Files.size(floatModel),
                    Files.size(quantizedModel),
                    times.getFirst().medianMillis(),
                    queries.size(),
                    outcomes,
                    hits(queries, documents, readings.getFirst(), readings.get(1)));
        } finally {
            encoders.forEach(SentenceEncoder::close);
        }
    }

    private SentenceEncoder encoder(BenchEngine engine, Path model) throws Exception {
        return new SentenceEncoder(engine, model, OnnxReader.read(model), tokenizer, threads);
    }

    private static List<InterleavedBench.Times> time(List<SentenceEncoder> encoders, String sentence) throws Exception {
        for (SentenceEncoder encoder : encoders) {
            encoder.bind(sentence);
        }
        return InterleavedBench.run(
                encoders.stream().<InterleavedBench.Task>map(e -> e::run).toList(), WARMUP_NANOS, ROUNDS, _ -> {});
    }

    private static Outcome outcome(String engine, double millis, Reading expected, Reading actual) {
        FidelityMeter tokens = new FidelityMeter();
        double sum = 0;
        double worst = 1;
        int count = expected.documents().size();
        for (int i = 0; i < count; i++) {
            tokens.add(expected.tokens().get(i), actual.tokens().get(i));
            double cosine = SentenceEncoder.cosine(expected.documents().get(i), actual.documents().get(i));
            sum += cosine;
            worst = Math.min(worst, cosine);
        }
        int agreeing = 0;
        for (int i = 0; i < expected.found().size(); i++) {
            agreeing += expected.found().get(i).equals(actual.found().get(i)) ? 1 : 0;
        }
        return new Outcome(engine, millis, sum / count, worst, tokens.fidelity().sqnr(), agreeing);
    }

    private static List<Hit> hits(List<String> queries, List<String> documents, Reading expected, Reading actual) {
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < queries.size(); i++) {
            String reference = documents.get(expected.found().get(i));
            hits.add(new Hit(queries.get(i), reference, documents.get(actual.found().get(i))));
        }
        return hits;
    }
}
