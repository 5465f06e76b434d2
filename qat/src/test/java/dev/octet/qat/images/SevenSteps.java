package dev.octet.qat.images;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxWriter;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Layers;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSchedule;
import dev.octet.qat.QatSpec;
import dev.octet.qat.TrainingEngine;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The page of Java in README.md: what stands between the two lines of dashes there and here is the same
/// ([SevenStepsTest]).
final class SevenSteps {
    private SevenSteps() {}

    // ---- README.md
    /// Arguments: the folder of MNIST's files, and the file to write.
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        run(Images.read(folder, "train", 20_000), Images.read(folder, "t10k", 10_000), 5, Path.of(args[1]));
    }

    static Graph run(Images training, Images tests, int epochs, Path out) throws Exception {
        // 1. A network, from layers, or from a file with OnnxReader.
        Layers net = new Layers("digits", 1);
        String x = net.input("image", 1, training.side(), training.side());
        x = net.relu6(net.batchNorm(net.conv(x, 16, 3, 2)));
        x = net.relu6(net.batchNorm(net.depthwise(x, 3, 1)));
        x = net.relu6(net.batchNorm(net.conv(x, 32, 1, 1)));
        x = net.relu6(net.batchNorm(net.conv(x, 32, 3, 2)));
        Graph graph = net.build(net.linear(net.flatten(net.globalAveragePool(x)), 10));

        // 2. Train it in float.
        GraphBlock block = GraphBlock.of(graph);
        fit(block, training, epochs, 0.004f);
        Graph trained = block.graph();

        // 3. Calibrate: the recommended start, and often good enough.
        QatSpec spec = QatPresets.withWeightBits(QatPresets.named("x86"), 4);
        PreparedGraph prepared = Quantizer.prepare(trained, spec.quantization());
        Dataset samples = Dataset.of(List.of(Map.of("image", training.tensor(0, 256))));
        CalibrationTable table = prepared.calibrate(samples, 1, CalibrationListener.NONE);
        Graph afterTraining = Quantizer.convert(prepared, table);

        // 4. Prepare.
        QatBlock aware = Qat.prepare(trained, spec, table);

        // 5. Train on; in the last third, ranges and batch statistics stay as they are.
        fit(aware, training, epochs, 0.0004f, QatSchedule.of(epochs).listener(aware, 0));

        // 6. Convert.
        Graph integer = aware.convert();

        // 7. Run it, or write it for any other runtime.
        OnnxWriter.write(integer, out);
        System.out.printf("float           %.2f %%%n", 100 * tests.accuracy(trained));
        System.out.printf("after training  %.2f %%%n", 100 * tests.accuracy(afterTraining));
        System.out.printf("aware           %.2f %%%n", 100 * tests.accuracy(integer));
        return integer;
    }

    /// DJL's own training, of a graph with or without fake quantization.
    static void fit(GraphBlock block, Images images, int epochs, float rate, TrainingListener... listeners)
            throws Exception {
        int updates = epochs * Math.ceilDiv(images.count(), 64);
        Tracker cosine = Tracker.cosine().setBaseValue(rate).optFinalValue(rate / 100).setMaxUpdates(updates).build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                        .optOptimizer(Optimizer.adam().optLearningRateTracker(cosine).build())
                        .addTrainingListeners(listeners);
        try (Model model = TrainingEngine.newModel("digits")) {
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(1, 1, images.side(), images.side()));
                EasyTrain.fit(trainer, epochs, images.dataset(model.getNDManager(), 64), null);
            }
            // Closing the model frees its block's weights, and this one's are needed.
            model.setBlock(new SequentialBlock());
        }
    }
    // ---- README.md
}
