package dev.octet.qat.images;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.octet.graph.Graph;
import dev.octet.qat.Distillation;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Layers;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSchedule;
import dev.octet.qat.QatSpec;
import dev.octet.qat.QatSpec.NormTraining;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The whole way on real data: float from scratch, post-training quantization, training with fake quantization, and the
/// converted network in the engine.
class DigitsTest {
    private static Graph network() {
        Layers net = new Layers("digits", 4);
        String x = net.input("image", 1, 8, 8);
        x = net.relu6(net.batchNorm(net.conv(x, 16, 3, 1)));
        x = net.relu6(net.batchNorm(net.depthwise(x, 3, 2)));
        x = net.relu6(net.batchNorm(net.conv(x, 32, 1, 1)));
        x = net.globalAveragePool(x);
        return net.build(net.linear(net.flatten(x), 10));
    }

    private static void train(GraphBlock block, int epochs, float rate, boolean distil, GraphBlock teacher)
            throws Exception {
        train(block, epochs, rate, distil, teacher, QatSchedule.of(epochs));
    }

    private static void train(
            GraphBlock block, int epochs, float rate, boolean distil, GraphBlock teacher, QatSchedule schedule)
            throws Exception {
        TrainingEngine.get().setRandomSeed(7);
        try (Model model = TrainingEngine.newModel("digits")) {
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(distil ? Distillation.loss(2) : Loss.softmaxCrossEntropyLoss())
                            .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(rate)).build());
            if (block instanceof QatBlock qat) {
                config.addTrainingListeners(schedule.listener(qat, 0));
            }
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(1, 1, 8, 8));
                Dataset data = Digits.training().dataset(model.getNDManager(), 32);
                EasyTrain.fit(trainer, epochs, distil ? Distillation.answered(data, teacher) : data, null);
            }
            // Closing the model frees its block's arrays, and this one is used further.
            model.setBlock(new SequentialBlock());
        }
    }

    private static double accuracy(Graph graph) {
        return Digits.tests().accuracy(graph);
    }

    @Test
    void quantizationAwareTrainingRecoversWhatFourBitsLose() throws Exception {
        GraphBlock block = GraphBlock.of(network());
        train(block, 16, 0.01f, false, block);
        Graph trained = block.graph();
        double asFloat = accuracy(trained);
        assertThat(asFloat).as("float").isGreaterThan(0.94);

        QatSpec spec = QatPresets.withWeightBits(QatPresets.X86, 4);
        PreparedGraph prepared = Quantizer.prepare(trained, spec.quantization());
        CalibrationTable table =
                prepared.calibrate(
                        dev.octet.quantize.calibration.Dataset.of(
                                List.of(Map.of("image", Digits.training().tensor(0, 256)))),
                        1,
                        CalibrationListener.NONE);
        double afterTraining = accuracy(Quantizer.convert(prepared, table));

        QatBlock qat = Qat.prepare(trained, spec, table);
        train(qat, 3, 0.002f, false, block);
        double aware = accuracy(qat.convert());
        assertThat(aware)
                .as("4-bit weights, trained")
                .isGreaterThan(asFloat - 0.02)
                .isGreaterThanOrEqualTo(afterTraining);
    }

    @Test
    void learnsWithoutLabelsFromTheFloatNetwork() throws Exception {
        GraphBlock teacher = GraphBlock.of(network());
        train(teacher, 5, 0.01f, false, teacher);
        double asFloat = accuracy(teacher.graph());
        QatSpec spec =
                QatPresets.TFLITE.withActivation(new FakeQuantSpec.MovingAverage(0.05)).withNorm(NormTraining.EXACT);
        QatBlock qat = Qat.prepare(teacher.graph(), spec);
        train(qat, 2, 0.001f, true, teacher);
        assertThat(accuracy(qat.convert())).isGreaterThan(asFloat - 0.02);
    }

    /// Values between operators are rounded only when their ranges have settled (arXiv 1712.05877). Usual is 0.85 to
    /// 0.94, as the samples are shuffled; a network that does not learn is at 0.1 to 0.3.
    @Test
    void learnsFromScratchWithDelayedRounding() throws Exception {
        QatBlock qat = Qat.prepare(network(), QatPresets.TFLITE.withActivation(new FakeQuantSpec.MovingAverage(0.05)));
        train(qat, 8, 0.01f, false, qat, new QatSchedule(2, 6, 6));
        assertThat(accuracy(qat.convert())).isGreaterThan(0.7);
    }
}
