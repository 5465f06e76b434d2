package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.SaveModelTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;
import dev.octet.graph.Graph;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A [QatBlock] is a block like any other to DJL: its trainer, data sets, optimizers, learning-rate schedules,
/// listeners, metrics, progress and checkpoints work as they do with DJL's own blocks.
class DjlTrainingTest {
    private static final Shape IMAGE = new Shape(1, 1, 6, 6);

    private static Graph network() {
        Layers net = new Layers("bright", 4);
        String x = net.relu6(net.batchNorm(net.conv(net.input("image", 1, 6, 6), 8, 3, 1)));
        return net.build(net.linear(net.flatten(net.averagePool(x, 2)), 2));
    }

    /// Is the upper half brighter than the lower?
    private static ArrayDataset images(NDManager manager, int count) {
        NDArray x = manager.randomNormal(new Shape(count, 1, 6, 6));
        NDArray upper = x.get(":, :, 0:3").sum(new int[] {1, 2, 3});
        NDArray lower = x.get(":, :, 3:6").sum(new int[] {1, 2, 3});
        NDArray labels = upper.gt(lower).toType(DataType.FLOAT32, true);
        return new ArrayDataset.Builder().setData(x).optLabels(labels).setSampling(16, true).build();
    }

    private static DefaultTrainingConfig config(Optimizer optimizer, TrainingListener... listeners) {
        return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(optimizer)
                .addEvaluator(new Accuracy())
                .addTrainingListeners(listeners);
    }

    private static NDArray predicted(GraphBlock block, NDArray images) {
        return block.forward(new ParameterStore(images.getManager(), false), new NDList(images), false).head();
    }

    @Test
    void trainerEvaluatorsMetricsListenersAndCheckpoints(@TempDir Path folder) throws Exception {
        TrainingEngine.get().setRandomSeed(5);
        QatBlock block = Qat.prepare(network(), QatPresets.X86);
        List<String> told = new ArrayList<>();
        TrainingListener watching =
                new TrainingListenerAdapter() {
                    @Override
                    public void onTrainingBatch(Trainer trainer, BatchData batch) {
                        told.add("batch");
                    }

                    @Override
                    public void onEpoch(Trainer trainer) {
                        told.add("epoch");
                    }
                };
        PrintStream console = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (Model model = TrainingEngine.newModel("bright");
                PrintStream captured = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            model.setBlock(block);
            NDManager manager = model.getNDManager();
            DefaultTrainingConfig config =
                    config(
                            Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.02f)).build(),
                            TrainingListener.Defaults.logging());
            config.addTrainingListeners(watching, new SaveModelTrainingListener(folder.toString(), "bright", 1));
            try (Trainer trainer = model.newTrainer(config)) {
                Metrics metrics = new Metrics();
                trainer.setMetrics(metrics);
                trainer.initialize(IMAGE);
                EasyTrain.fit(trainer, 3, images(manager, 64), images(manager, 32));
                TrainingResult result = trainer.getTrainingResult();
                assertThat(result.getEpoch()).isEqualTo(3);
                assertThat(result.getTrainEvaluation("Accuracy")).isGreaterThan(0.7f);
                assertThat(result.getValidateEvaluation("Accuracy")).isGreaterThan(0.6f);
                assertThat(metrics.getMetricNames())
                        .contains("train_epoch_SoftmaxCrossEntropyLoss", "validate_epoch_Accuracy");
            }
            assertThat(told).filteredOn("batch"::equals).hasSize(3 * 4);
            assertThat(told).filteredOn("epoch"::equals).hasSize(3);
            assertThat(printed.toString(StandardCharsets.UTF_8)).contains("Training:", "100% |", "Validating:");

            NDArray images = manager.randomNormal(new Shape(5, 1, 6, 6));
            float[] expected = predicted(block, images).toFloatArray();
            try (Model again = TrainingEngine.newModel("bright")) {
                QatBlock loaded = Qat.prepare(network(), QatPresets.X86);
                again.setBlock(loaded);
                again.load(folder, "bright");
                assertThat(predicted(loaded, images).toFloatArray()).isEqualTo(expected);
                assertThat(loaded.table().entries()).isEqualTo(block.table().entries());
                again.setBlock(new SequentialBlock());
            }
        } finally {
            System.setOut(console);
        }
    }

    /// Those that DJL's PyTorch engine has.
    private static Map<String, Optimizer> optimizers() {
        Map<String, Optimizer> all = new LinkedHashMap<>();
        Tracker cosine = Tracker.cosine().setBaseValue(0.05f).optFinalValue(0.001f).setMaxUpdates(16).build();
        Tracker steps = Tracker.multiFactor().setSteps(new int[] {6, 12}).optFactor(0.5f).setBaseValue(0.05f).build();
        Tracker warm =
                Tracker.warmUp()
                        .optWarmUpSteps(4)
                        .optWarmUpBeginValue(0.001f)
                        .optWarmUpMode(WarmUpTracker.Mode.LINEAR)
                        .setMainTracker(Tracker.fixed(0.02f))
                        .build();
        all.put("SGD, by factors", Optimizer.sgd().setLearningRateTracker(steps).optMomentum(0.9f).build());
        all.put("Adam, warmed up", Optimizer.adam().optLearningRateTracker(warm).build());
        all.put("AdamW, along a cosine", Optimizer.adamW().optLearningRateTracker(cosine).build());
        return all;
    }

    @Test
    void optimizersAndLearningRateSchedules() throws Exception {
        for (Map.Entry<String, Optimizer> optimizer : optimizers().entrySet()) {
            TrainingEngine.get().setRandomSeed(5);
            List<Float> losses = new ArrayList<>();
            TrainingListener watching =
                    new TrainingListenerAdapter() {
                        @Override
                        public void onEpoch(Trainer trainer) {
                            losses.add(trainer.getTrainingResult().getTrainLoss());
                        }
                    };
            try (Model model = TrainingEngine.newModel("bright")) {
                model.setBlock(Qat.prepare(network(), QatPresets.QNNPACK));
                try (Trainer trainer =
                        model.newTrainer(
                                config(optimizer.getValue(), TrainingListener.Defaults.basic())
                                        .addTrainingListeners(watching))) {
                    trainer.setMetrics(new Metrics());
                    trainer.initialize(IMAGE);
                    EasyTrain.fit(trainer, 4, images(model.getNDManager(), 64), null);
                }
            }
            assertThat(losses).as(optimizer.getKey()).hasSize(4);
            assertThat(losses.getLast()).as(optimizer.getKey()).isLessThan(losses.getFirst());
        }
    }
}
