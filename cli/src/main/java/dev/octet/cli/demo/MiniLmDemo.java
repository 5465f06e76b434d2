package dev.octet.cli.demo;

import dev.octet.cli.bench.InterleavedBench;
import dev.octet.data.InputContract;
import dev.octet.data.SampleSource;
import dev.octet.data.text.TextLines;
import dev.octet.data.text.TextTokenizer;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The main job on a real network, all-MiniLM-L6-v2: quantize, check against float, time.
public final class MiniLmDemo {
    private static final String MODEL = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";
    private static final int MAX_TOKENS = 128;
    private static final int ROUNDS = 30;
    private static final long WARMUP_NANOS = 1_000_000_000L;

    private MiniLmDemo() {}

    /// What the demo found.
    ///
    /// @param quantized the file written
    /// @param meanCosine average cosine between a sentence's float and int8 vectors
    /// @param sqnrDb signal to noise of the token vectors
    /// @param agreeing queries for which both networks find the same document
    public record Result(
            Path quantized,
            long floatBytes,
            long quantizedBytes,
            double floatMillis,
            double quantizedMillis,
            double meanCosine,
            double worstCosine,
            double sqnrDb,
            int agreeing,
            List<Hit> hits) {}

    /// A query and the document that the int8 network finds for it.
    public record Hit(String query, String document) {}

    /// @param directory where the models are written; made if it is not there
    /// @param steps told each step before it is done
    /// @throws Exception if a file cannot be read or written
    public static Result run(Path directory, int threads, Consumer<String> steps) throws Exception {
        Files.createDirectories(directory);
        Path floatModel = DemoFiles.extract(MODEL, directory.resolve("minilm.onnx"));
        Path tokenizerFile = DemoFiles.extract(TOKENIZER, directory.resolve("tokenizer.json"));
        Path quantizedModel = directory.resolve("minilm.int8.onnx");
        try (TextTokenizer tokenizer = TextTokenizer.open(tokenizerFile, MAX_TOKENS)) {
            quantize(floatModel, quantizedModel, tokenizer, directory, threads, steps);
            return compare(floatModel, quantizedModel, tokenizer, threads, steps);
        }
    }

    private static void quantize(
            Path floatModel,
            Path quantizedModel,
            TextTokenizer tokenizer,
            Path directory,
            int threads,
            Consumer<String> steps)
            throws Exception {
        List<String> sentences = DemoFiles.lines("sentences.txt");
        steps.accept("reading " + floatModel);
        Graph graph = OnnxReader.read(floatModel);
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.named("x86"));
        steps.accept("calibrating on " + sentences.size() + " sentences, preset x86");
        // The tokenizer is the caller's; closing the source would close it.
        SampleSource samples =
                TextLines.of("the demo's sentences", sentences, tokenizer, new InputContract(graph.inputs()));
        CalibrationTable table = prepared.calibrate(samples, threads, CalibrationListener.NONE);
        table.save(directory.resolve("minilm.calibration.json"));
        steps.accept("writing " + quantizedModel);
        OnnxWriter.write(Quantizer.convert(prepared, table), quantizedModel);
    }

    private static Result compare(
            Path floatModel, Path quantizedModel, TextTokenizer tokenizer, int threads, Consumer<String> steps)
            throws Exception {
        steps.accept("comparing both on other sentences");
        List<String> documents = DemoFiles.lines("documents.txt");
        List<String> queries = DemoFiles.lines("queries.txt");
        try (SentenceEncoder floating = new SentenceEncoder(OnnxReader.read(floatModel), tokenizer, threads);
                SentenceEncoder quantized = new SentenceEncoder(OnnxReader.read(quantizedModel), tokenizer, threads)) {
            List<float[]> expected = new ArrayList<>();
            List<float[]> actual = new ArrayList<>();
            double sum = 0;
            double worst = 1;
            FidelityMeter tokens = new FidelityMeter();
            for (int i = 0; i < documents.size(); i++) {
                Map<String, Tensor> sample = tokenizer.encode(documents.get(i), floating.inputs());
                Tensor expectedTokens = floating.run(sample);
                Tensor actualTokens = quantized.run(sample);
                tokens.add(expectedTokens, actualTokens);
                expected.add(SentenceEncoder.mean(expectedTokens));
                actual.add(SentenceEncoder.mean(actualTokens));
                double cosine = SentenceEncoder.cosine(expected.get(i), actual.get(i));
                sum += cosine;
                worst = Math.min(worst, cosine);
            }
            int agreeing = 0;
            List<Hit> hits = new ArrayList<>();
            for (String query : queries) {
                int best = nearest(quantized.encode(query), actual);
                agreeing += best == nearest(floating.encode(query), expected) ? 1 : 0;
                hits.add(new Hit(query, documents.get(best)));
            }
            steps.accept("timing both");
            Map<String, Tensor> timed = tokenizer.encode(documents.get(1), floating.inputs());
            List<InterleavedBench.Times> times =
                    InterleavedBench.run(
                            List.of(() -> floating.run(timed), () -> quantized.run(timed)),
                            WARMUP_NANOS,
                            ROUNDS,
                            _ -> {});
            return new Result(
                    quantizedModel,
                    Files.size(floatModel),
                    Files.size(quantizedModel),
                    times.get(0).medianMillis(),
                    times.get(1).medianMillis(),
                    sum / documents.size(),
                    worst,
                    tokens.fidelity().sqnr(),
                    agreeing,
                    List.copyOf(hits));
        }
    }

    private static int nearest(float[] query, List<float[]> documents) {
        int best = 0;
        for (int i = 1; i < documents.size(); i++) {
            if (SentenceEncoder.cosine(query, documents.get(i)) > SentenceEncoder.cosine(query, documents.get(best))) {
                best = i;
            }
        }
        return best;
    }
}
