package dev.octet.benchmarks;

import dev.octet.benchmarks.ocr.CompareReading;
import dev.octet.data.Data;
import dev.octet.data.DataOptions;
import dev.octet.data.SampleSource;
import dev.octet.data.image.ImagePreprocess;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Tells how much longer calibrating takes than running the same float network on the same data, for the networks that
/// [RealNetworks] writes. Both open a session; rounds of one and the other take turns, after one that does not count.
///
/// Usage: `./octet --main dev.octet.benchmarks.CalibrationOverhead DIR [SAMPLES] [ROUNDS] [THREADS]`
public final class CalibrationOverhead {
    private static final double NANOS = 1e9;

    /// Pages at half the extent: what counts is the ratio.
    private static final ImagePreprocess PAGES =
            ImagePreprocess.parse("resize=320x320,mean=0.485:0.456:0.406,std=0.229:0.224:0.225,order=bgr");

    private final int threads;
    private final int rounds;

    private CalibrationOverhead(int threads, int rounds) {
        this.threads = threads;
        this.rounds = rounds;
    }

    private interface Work {
        void run();
    }

    private void measure(Path model, Path data, DataOptions options, int limit) throws IOException {
        Graph graph = OnnxReader.read(model);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        try (SampleSource source = Data.open(data, graph.inputs(), options)) {
            source.limit(limit).forEach(samples::add);
        }
        Dataset dataset = Dataset.of(samples);
        for (ObserverSpec observer : List.of(ObserverSpec.MIN_MAX, ObserverSpec.HISTOGRAM)) {
            QuantizationSpec spec = Presets.X86.withActivation(Presets.X86.activation().withObserver(observer));
            PreparedGraph prepared = Quantizer.prepare(graph, spec);
            double[] run = new double[rounds];
            double[] calibrate = new double[rounds];
            double[] ratio = new double[rounds];
            for (int i = -1; i < rounds; i++) {
                double plain = seconds(() -> runAll(prepared.graph(), samples));
                double observed = seconds(() -> prepared.calibrate(dataset, threads, CalibrationListener.NONE));
                if (i >= 0) {
                    run[i] = plain;
                    calibrate[i] = observed;
                    ratio[i] = observed / plain;
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-12s %-10s %4d samples   run %7.3f s   calibrate %7.3f s   overhead %5.1f %%%n",
                    model.getFileName(),
                    observer.equals(ObserverSpec.HISTOGRAM) ? "histogram" : "minmax",
                    samples.size(),
                    median(run),
                    median(calibrate),
                    100 * (median(ratio) - 1));
        }
    }

    private void runAll(Graph graph, List<Map<String, Tensor>> samples) {
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(threads))) {
            for (Map<String, Tensor> sample : samples) {
                try (Arena arena = Arena.ofConfined()) {
                    session.run(sample, arena);
                }
            }
        }
    }

    private static double seconds(Work work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / NANOS;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 1) {
            System.err.println("expected DIR [SAMPLES] [ROUNDS] [THREADS]");
            System.exit(2);
        }
        Path folder = Path.of(args[0]);
        int samples = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        int threads = args.length > 3 ? Integer.parseInt(args[3]) : 1;
        CalibrationOverhead overhead = new CalibrationOverhead(threads, rounds);
        DataOptions text = DataOptions.defaults().withTokenizer(folder.resolve("tokenizer.json"));
        DataOptions lines = new DataOptions(CompareReading.PREPROCESS, null, text.maxTokens());
        DataOptions pages = new DataOptions(PAGES, null, text.maxTokens());
        overhead.measure(folder.resolve("minilm.onnx"), folder.resolve("sentences.txt"), text, samples);
        overhead.measure(folder.resolve("rec.onnx"), folder.resolve("lines"), lines, samples);
        overhead.measure(folder.resolve("cls.onnx"), folder.resolve("lines"), lines, samples);
        overhead.measure(folder.resolve("det.onnx"), folder.resolve("pages"), pages, Math.max(1, samples / 5));
    }
}
