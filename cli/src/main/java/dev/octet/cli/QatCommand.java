package dev.octet.cli;

import dev.octet.data.DataException;
import dev.octet.data.SampleSource;
import dev.octet.data.npy.Npy;
import dev.octet.file.StagedFiles;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxWriter;
import dev.octet.qat.EpochReport;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSchedule;
import dev.octet.qat.QatSpec;
import dev.octet.qat.QatTraining;
import dev.octet.qat.TrainingData;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.TrainingOptions;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverNames;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet qat`
@Command(
        name = "qat",
        mixinStandardHelpOptions = true,
        description = {
            "Trains a float model so that its 8-bit form is as good, and writes that.",
            "Ranges start from calibration on the same data. Without --labels it learns to answer as the float model"
                    + " does, so that any data will do, and agreement with that is told in place of accuracy.",
            "Writes the model after the best epoch: the one with the least loss on the samples held back. If none is"
                    + " better than the start, it says so, and writes what calibration gives."
        })
final class QatCommand implements Callable<Integer> {
    /// Enough to start ranges from; training moves them.
    private static final int CALIBRATION_SAMPLES = 200;

    /// Agreement with the float model below which calibration has failed.
    private static final double POOR = 0.8;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Mixin private final DataMixin dataOptions = new DataMixin();

    @Parameters(paramLabel = "MODEL", description = "a float ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            required = true,
            description = "the quantized ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(names = "--data", paramLabel = "PATH", required = true, description = "samples to train with")
    @SuppressWarnings("NullAway.Init")
    private Path data;

    @Option(names = "--labels", paramLabel = "FILE", description = "a .npy of class numbers, one a sample")
    private @Nullable Path labels;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            defaultValue = "x86",
            description =
                    "system to speak like: x86, fbgemm, qnnpack, tensorrt, tflite, lsq (default: ${DEFAULT-VALUE})")
    private String preset = "x86";

    @Option(
            names = "--observer",
            paramLabel = "NAME",
            description = "how ranges are found before training, as in octet quantize (default: the preset's)")
    private @Nullable String observer;

    @Option(
            names = "--weight-bits",
            paramLabel = "N",
            defaultValue = "8",
            description = "8, 4 or 2 (default: ${DEFAULT-VALUE})")
    private int weightBits = 8;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "5", description = "(default: ${DEFAULT-VALUE})")
    private int epochs = 5;

    @Option(
            names = "--lr",
            paramLabel = "RATE",
            defaultValue = "0.0005",
            description = "learning rate of Adam at the start; it falls along a cosine (default: ${DEFAULT-VALUE})")
    private float rate = 0.0005f;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "(default: ${DEFAULT-VALUE})")
    private int batch = 32;

    @Option(
            names = "--validation",
            paramLabel = "PART",
            defaultValue = "0.1",
            description =
                    "part of the samples, the last, that are held back to judge by which epoch is best, at least one; 0"
                            + " judges by those trained with (default: ${DEFAULT-VALUE})")
    private double validation = 0.1;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "0",
            description = "stop after N epochs without improvement (default: never)")
    private int patience;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "of the order of samples")
    private long seed = 1;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description =
                    "state after each epoch; if the file is there, training goes on from it, and all but --epochs and"
                            + " --patience has to be as it was")
    private @Nullable Path checkpoint;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        checkFiles();
        TrainingOptions options = new TrainingOptions(epochs, batch, rate, validation, patience, seed, checkpoint);
        QatSpec settings = settings();
        requireEngine();
        Stopwatch watch = new Stopwatch();
        Graph graph = Models.read(model);
        try (SampleSource source = dataOptions.open(data, graph.inputs())) {
            Dataset samples = dataOptions.limited(source);
            CalibrationTable start = calibrated(graph, settings, samples);
            QatBlock block = Models.about(model, () -> Qat.prepare(graph, settings, start));
            try (TrainingData loaded =
                    Models.about(
                            labels == null ? data : labels,
                            () ->
                                    TrainingData.of(
                                            samples,
                                            graph,
                                            labels == null ? null : dataOptions.limited(Npy.read(labels))))) {
                watch.lap("prepare");
                List<EpochReport> reports = new ArrayList<>();
                boolean kept = settings.activation() instanceof FakeQuantSpec.Fixed;
                EpochReport best =
                        train(terminal, new QatTraining(block, loaded, options, QatSchedule.of(epochs)), kept, reports);
                watch.lap("train");
                OnnxWriter.write(block.convert(), out);
                watch.lap("write");
                report(terminal, best, reports, watch.seconds());
            }
        }
        return 0;
    }

    private QatSpec settings() {
        QatSpec spec = SpecMixin.named(preset, QatPresets::named);
        if (observer != null) {
            ObserverSpec ranges = SpecMixin.named(observer.toLowerCase(Locale.ROOT), ObserverNames::ofRanges);
            QuantizationSpec quantization = spec.quantization();
            TensorSpec activation = quantization.activation().withObserver(ranges);
            spec = spec.withQuantization(quantization.withActivation(activation));
        }
        return weightBits == 8 ? spec : QatPresets.withWeightBits(spec, weightBits);
    }

    private CalibrationTable calibrated(Graph graph, QatSpec how, Dataset samples) throws IOException {
        // What is wrong with a sample is told with the data, all else with the model.
        return Models.about(
                model,
                () -> {
                    try {
                        return Quantizer.prepare(graph, how.quantization())
                                .calibrate(
                                        samples.limit(CALIBRATION_SAMPLES),
                                        sessions.options(),
                                        CalibrationListener.NONE);
                    } catch (IllegalArgumentException e) {
                        throw new DataException(data + ": " + e.getMessage(), e);
                    }
                });
    }

    private void checkFiles() throws IOException {
        StagedFiles.requireWritable(out);
        List<Path> read = new ArrayList<>(List.of(model, data));
        if (labels != null) {
            read.add(labels);
        }
        for (Path file : read) {
            OutputFiles.requireOther(out, "--output", file);
            if (checkpoint != null) {
                OutputFiles.requireOther(checkpoint, "--checkpoint", file);
            }
        }
        if (checkpoint != null) {
            StagedFiles.requireWritable(checkpoint);
            OutputFiles.requireOther(checkpoint, "--checkpoint", out);
        }
    }

    private void requireEngine() {
        TrainingEngine.useThreads(sessions.threads());
        try {
            TrainingEngine.silenceWarnings();
        } catch (IllegalStateException e) {
            throw new UserException(e.getMessage() == null ? "training: no engine" : e.getMessage(), e);
        }
    }

    /// @param kept whether training keeps the ranges of calibration
    private EpochReport train(Terminal terminal, QatTraining training, boolean kept, List<EpochReport> reports)
            throws IOException {
        try (EpochProgress progress = new EpochProgress(terminal, epochs, accuracyName())) {
            return training.run(
                    progress::batch,
                    epoch -> {
                        reports.add(epoch);
                        progress.epoch(epoch);
                        if (kept && epoch.epoch() == EpochReport.START) {
                            warnOfPoorStart(terminal, epoch);
                        }
                    });
        }
    }

    /// With labels nobody knows how good the float model is.
    private void warnOfPoorStart(Terminal terminal, EpochReport start) {
        if (labels == null && start.accuracy() < POOR) {
            terminal.note(
                    "octet: with the ranges of calibration only %.2f %% of the answers are the float model's, and"
                            + " preset %s keeps these ranges in training; %s may give better ones",
                    100 * start.accuracy(), preset, observer == null ? "more data" : "--observer absmax");
        }
    }

    /// Without labels, what is counted are answers like the float model's.
    private String accuracyName() {
        return labels == null ? "agreement" : "accuracy";
    }

    private void report(Terminal terminal, EpochReport best, List<EpochReport> reports, Map<String, Double> seconds)
            throws IOException {
        boolean better = best.epoch() != EpochReport.START;
        if (!better) {
            terminal.note(
                    "octet: no epoch was better than the start, so %s is what calibration gives without training;"
                            + " a smaller --lr or more data may help",
                    out);
        }
        if (terminal.isJson()) {
            json(terminal, best, reports, seconds);
            return;
        }
        terminal.print("%s  (%s)", out, better ? "epoch " + (best.epoch() + 1) + " was best" : "as calibrated");
        terminal.print("  file      %s -> %s", Terminal.bytes(Files.size(model)), Terminal.bytes(Files.size(out)));
        terminal.print(
                "  %-9s %s%s",
                accuracyName(),
                Terminal.number("%.2f %%", 100 * best.accuracy()),
                labels == null ? " with the float model" : "");
        terminal.print("  time      %.1f s in training", seconds.getOrDefault("train", 0.0));
    }

    private void json(Terminal terminal, EpochReport best, List<EpochReport> reports, Map<String, Double> seconds)
            throws IOException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.toString());
        result.put("output", out.toString());
        result.put("float_bytes", Files.size(model));
        result.put("quantized_bytes", Files.size(out));
        result.put("best_epoch", best.epoch() + 1);
        result.put("best", told(best));
        result.put("epochs", reports.stream().filter(r -> r.epoch() != EpochReport.START).map(this::told).toList());
        result.put("seconds", seconds);
        terminal.json(result);
    }

    private Map<String, Object> told(EpochReport epoch) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("epoch", epoch.epoch() + 1);
        told.put("loss", epoch.loss());
        told.put("validation_loss", epoch.validationLoss());
        told.put(accuracyName(), epoch.accuracy());
        return told;
    }
}
