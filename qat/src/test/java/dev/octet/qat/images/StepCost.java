package dev.octet.qat.images;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.octet.graph.Graph;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Qat;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSpec;
import dev.octet.qat.TrainingEngine;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Times a step of training (forward, backward, Adam) with fake quantization beside one in float: both networks of
/// [ImageNetworks], batches of 64, one thread, the two in turns.
public final class StepCost {
    private static final int BATCH = 64;
    private static final int WARM_UP = 8;
    private static final int ROUNDS = 25;
    private static final PrintStream OUT = System.out;

    /// A network in training.
    private record Run(Trainer trainer, Loss loss) {
        static Run of(GraphBlock block) {
            Model model = TrainingEngine.newModel("step");
            model.setBlock(block);
            Loss loss = Loss.softmaxCrossEntropyLoss();
            Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-4f)).build();
            Trainer trainer = model.newTrainer(new DefaultTrainingConfig(loss).optOptimizer(adam));
            trainer.initialize(new Shape(1, 1, 28, 28));
            return new Run(trainer, loss);
        }

        /// Milliseconds of a step.
        double step() {
            try (NDManager scope = trainer.getManager().newSubManager()) {
                NDArray images = scope.randomUniform(0, 1, new Shape(BATCH, 1, 28, 28));
                NDArray labels = scope.randomInteger(0, 10, new Shape(BATCH), DataType.INT64);
                long start = System.nanoTime();
                try (GradientCollector collector = trainer.newGradientCollector()) {
                    NDList scores = trainer.forward(new NDList(images));
                    collector.backward(loss.evaluate(new NDList(labels), scores));
                }
                trainer.step();
                return (System.nanoTime() - start) / 1e6;
            }
        }
    }

    private StepCost() {}

    /// Arguments: names of presets; `x86` if there are none.
    public static void main(String[] args) {
        TrainingEngine.useThreads(1);
        for (String preset : args.length == 0 ? new String[] {"x86"} : args) {
            QatSpec spec = QatPresets.named(preset);
            time("resnet, " + preset, ImageNetworks.residual(1), spec);
            time("depthwise, " + preset, ImageNetworks.depthwise(1), spec);
        }
    }

    private static void time(String name, Graph graph, QatSpec spec) {
        Run plain = Run.of(GraphBlock.of(graph));
        Run aware = Run.of(Qat.prepare(graph, spec));
        List<Double> ofPlain = new ArrayList<>();
        List<Double> ofAware = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            double first = plain.step();
            double second = aware.step();
            if (round >= 0) {
                ofPlain.add(first);
                ofAware.add(second);
                ratios.add(second / first);
            }
        }
        OUT.printf(
                "%s: float %.1f ms, with fake quantization %.1f ms, %.2f times (medians of %d steps)%n",
                name, median(ofPlain), median(ofAware), median(ratios), ROUNDS);
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }
}
