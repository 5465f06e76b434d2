package dev.octet.qat.images;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSchedule;
import dev.octet.qat.QatSpec;
import dev.octet.qat.QatTraining;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.TrainingOptions;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Trains a small network in float, quantizes it after training and with training, and prints accuracies, sizes and
/// times as rows of a table.
///
/// Arguments: folder of MNIST or Fashion-MNIST, `resnet` or `depthwise`, seed, and a folder to write the networks to. A
/// fifth one is a float network that was written there: then only its training with 8 bits is done, for comparison with
/// `train_qat_torch.py`.
public final class CompareTraining {
    private static final int TRAINING = 20_000;
    private static final int TESTS = 10_000;
    private static final int BATCH = 64;
    private static final int FLOAT_EPOCHS = 5;
    private static final int QAT_EPOCHS = 3;
    private static final float QAT_RATE = 0.0002f;
    private static final int CALIBRATION = 256;
    private static final PrintStream OUT = System.out;

    private final IdxImages training;
    private final IdxImages tests;
    private final Path folder;
    private final String name;

    private CompareTraining(Path data, String net, Path folder) throws IOException {
        training = IdxImages.read(data, "train", TRAINING);
        tests = IdxImages.read(data, "t10k", TESTS);
        this.folder = Files.createDirectories(folder);
        name = net;
    }

    public static void main(String[] args) throws Exception {
        long seed = Long.parseLong(args[2]);
        CompareTraining comparison = new CompareTraining(Path.of(args[0]), args[1], Path.of(args[3]));
        if (args.length > 4) {
            comparison.row(
                    "QAT per channel, seed " + seed,
                    comparison.aware(OnnxReader.read(Path.of(args[4])), QatPresets.X86, seed));
        } else {
            comparison.run(seed);
        }
    }

    private void run(long seed) throws Exception {
        Graph start = name.equals("resnet") ? ImageNetworks.residual(seed) : ImageNetworks.depthwise(seed);
        Graph trained = trainFloat(start, seed);
        OnnxWriter.write(trained, folder.resolve(name + "-float.onnx"));
        row("float", trained);
        OUT.printf(Locale.ROOT, "| step of QAT / step in float | %.2f |%n", stepRatio(trained));
        QatSpec perChannel = QatPresets.X86;
        QatSpec perTensor =
                perChannel.withQuantization(
                        perChannel
                                .quantization()
                                .withWeight(new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.symmetric(DType.INT8))));
        QatSpec fourBits = QatPresets.withWeightBits(perChannel, 4);
        row("PTQ per tensor", afterTraining(trained, perTensor));
        row("PTQ per channel", afterTraining(trained, perChannel));
        row("PTQ 4-bit weights", afterTraining(trained, fourBits));
        row("QAT per tensor", aware(trained, perTensor, seed));
        row("QAT per channel", aware(trained, perChannel, seed));
        row("QAT 4-bit weights", aware(trained, fourBits, seed));
    }

    private Graph trainFloat(Graph graph, long seed) throws Exception {
        TrainingEngine.get().setRandomSeed((int) seed);
        GraphBlock block = GraphBlock.of(graph);
        int steps = FLOAT_EPOCHS * Math.ceilDiv(TRAINING, BATCH);
        Tracker cosine = Tracker.cosine().setBaseValue(0.003f).optFinalValue(0.00003f).setMaxUpdates(steps).build();
        try (Model model = TrainingEngine.newModel(name)) {
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                            .optOptimizer(Optimizer.adam().optLearningRateTracker(cosine).build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(1, 1, 28, 28));
                NDManager manager = model.getNDManager();
                ArrayDataset data =
                        new ArrayDataset.Builder()
                                .setData(manager.create(training.pixels(), new Shape(TRAINING, 1, 28, 28)))
                                .optLabels(manager.create(training.labels()))
                                .setSampling(BATCH, true)
                                .build();
                EasyTrain.fit(trainer, FLOAT_EPOCHS, data, null);
            }
            model.setBlock(new SequentialBlock());
        }
        return block.graph();
    }

    private CalibrationTable calibrated(PreparedGraph prepared) {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < CALIBRATION; i += 32) {
            samples.add(Map.of("image", training.tensor(i, i + 32)));
        }
        return prepared.calibrate(Dataset.of(samples), 1, CalibrationListener.NONE);
    }

    private Graph afterTraining(Graph graph, QatSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec.quantization());
        return Quantizer.convert(prepared, calibrated(prepared));
    }

    private Graph aware(Graph graph, QatSpec spec, long seed) throws IOException {
        QatBlock block = Qat.prepare(graph, spec, calibrated(Quantizer.prepare(graph, spec.quantization())));
        TrainingOptions options = new TrainingOptions(QAT_EPOCHS, BATCH, QAT_RATE, 0, 0, seed, null);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            new QatTraining(block, training.data(manager), options, QatSchedule.of(QAT_EPOCHS))
                    .run((_, _, _) -> {}, _ -> {});
        }
        return block.convert();
    }

    private void row(String what, Graph graph) throws IOException {
        Path file = folder.resolve(name + "-" + what.replace(' ', '-') + ".onnx");
        OnnxWriter.write(graph, file);
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(1))) {
            OUT.printf(
                    Locale.ROOT,
                    "| %s | %.2f %% | %.1f kB | %.3f ms |%n",
                    what,
                    100 * accuracy(session),
                    Files.size(file) / 1e3,
                    1e3 * secondsPerImage(session));
        }
    }

    private double accuracy(Session session) {
        int right = 0;
        for (int from = 0; from < tests.count(); from += 100) {
            Tensor scores = session.run(Map.of("image", tests.tensor(from, from + 100))).values().iterator().next();
            for (int i = 0; i < 100; i++) {
                int best = 0;
                for (int c = 1; c < 10; c++) {
                    best = scores.getFloat(i * 10L + c) > scores.getFloat(i * 10L + best) ? c : best;
                }
                right += best == (int) tests.labels()[from + i] ? 1 : 0;
            }
        }
        return (double) right / tests.count();
    }

    /// Median of runs of 16 images each.
    private double secondsPerImage(Session session) {
        Map<String, Tensor> images = Map.of("image", tests.tensor(0, 16));
        double[] seconds = new double[60];
        for (int i = 0; i < seconds.length; i++) {
            long start = System.nanoTime();
            session.run(images);
            seconds[i] = (System.nanoTime() - start) / 1e9 / 16;
        }
        Arrays.sort(seconds, 20, 60);
        return seconds[40];
    }

    /// Median over interleaved steps of the same batch.
    private double stepRatio(Graph graph) {
        GraphBlock plain = GraphBlock.of(graph);
        QatBlock aware = Qat.prepare(graph, QatPresets.X86);
        double[] ratios = new double[40];
        try (Model first = TrainingEngine.newModel("plain");
                Model second = TrainingEngine.newModel("aware")) {
            first.setBlock(plain);
            second.setBlock(aware);
            try (Trainer a = first.newTrainer(adam());
                    Trainer b = second.newTrainer(adam())) {
                a.initialize(new Shape(BATCH, 1, 28, 28));
                b.initialize(new Shape(BATCH, 1, 28, 28));
                for (int i = 0; i < ratios.length; i++) {
                    double ofPlain = step(a);
                    ratios[i] = step(b) / ofPlain;
                }
            }
        }
        Arrays.sort(ratios, 10, 40);
        return ratios[25];
    }

    private static DefaultTrainingConfig adam() {
        return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optOptimizer(Optimizer.adam().build());
    }

    private double step(Trainer trainer) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDArray x = scope.create(training.tensor(0, BATCH).toFloatArray(), new Shape(BATCH, 1, 28, 28));
            NDArray y = scope.create(Arrays.copyOf(training.labels(), BATCH));
            long start = System.nanoTime();
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList scores = trainer.forward(new NDList(x));
                collector.backward(trainer.getLoss().evaluate(new NDList(y), scores));
            }
            trainer.step();
            return (System.nanoTime() - start) / 1e9;
        }
    }
}
