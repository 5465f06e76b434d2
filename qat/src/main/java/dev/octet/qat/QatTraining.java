package dev.octet.qat;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.octet.file.StagedFiles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Trains a [QatBlock] to the end: batches, schedule, validation, early stop and checkpoints. Who wants to see to these
/// uses DJL's trainer and listeners instead.
///
/// Training that was killed goes on from the end of the last whole epoch, and ends with the same numbers as if it had
/// not been.
public final class QatTraining {
    private static final float TEMPERATURE = 2;

    /// No weight that is of any use is larger; products of a few that are overflow.
    private static final float LARGEST = 1e9f;

    private final QatBlock block;
    private final TrainingData data;
    private final TrainingOptions options;
    private final QatSchedule schedule;
    private final AdamOptimizer optimizer;
    private final Loss loss;
    private final long held;
    private byte[] best = new byte[0];
    private double bestLoss = Double.POSITIVE_INFINITY;
    private int bestEpoch = -1;

    /// Told of batches as they are done.
    @FunctionalInterface
    public interface BatchListener {
        /// @param done samples of the epoch trained with so far
        void trained(int epoch, long done, long total);
    }

    public QatTraining(QatBlock block, TrainingData data, TrainingOptions options, QatSchedule schedule) {
        this.block = block;
        this.data = data;
        this.options = options;
        this.schedule = schedule;
        optimizer = new AdamOptimizer(block, options.rate());
        loss = loss(data);
        held = (long) (data.samples() * options.validation());
    }

    private static Loss loss(TrainingData data) {
        if (data.labelled()) {
            return Loss.softmaxCrossEntropyLoss();
        }
        return hasScores(data) ? Distillation.loss(TEMPERATURE) : Distillation.squaredLoss();
    }

    private static boolean hasScores(TrainingData data) {
        return data.labelled() || data.targets().size() == 1 && data.targets().head().getShape().dimension() == 2;
    }

    /// Trains, and leaves the block as it was after its best epoch.
    ///
    /// @return the epoch that was best
    /// @throws IOException if the checkpoint cannot be read or written
    public int run(BatchListener batches, Consumer<EpochReport> epochs) throws IOException {
        int first = resume();
        try (Model model = TrainingEngine.newModel("qat")) {
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(data.inputs().head().getShape());
                for (int epoch = first; epoch < options.epochs() && !isOver(epoch); epoch++) {
                    epochs.accept(epoch(trainer, epoch, batches));
                    checkpoint(epoch + 1);
                }
            }
            // Closing the model frees its block's arrays, and this one is converted.
            model.setBlock(new SequentialBlock());
        }
        restore(best);
        return bestEpoch;
    }

    private boolean isOver(int epoch) {
        return options.patience() > 0 && bestEpoch >= 0 && epoch - bestEpoch > options.patience();
    }

    private EpochReport epoch(Trainer trainer, int epoch, BatchListener batches) throws IOException {
        schedule.apply(block, epoch);
        optimizer.setRate(options.rateOf(epoch));
        long[] order = order(epoch);
        Score trained = new Score();
        for (int from = 0; from < order.length; from += options.batchSize()) {
            long[] rows = Arrays.copyOfRange(order, from, Math.min(order.length, from + options.batchSize()));
            try {
                step(trainer, rows, trained);
            } catch (EngineException | IllegalArgumentException e) {
                throw weightsAreSane() ? e : diverged(epoch, "the weights have grown beyond all bounds", e);
            }
            if (!Double.isFinite(trained.meanLoss())) {
                throw diverged(epoch, "the loss is " + trained.meanLoss(), null);
            }
            batches.trained(epoch, from + rows.length, order.length);
        }
        Score score = held == 0 ? trained : validated(trainer);
        double judged = score.meanLoss();
        // An epoch in which parameters still change is not what is converted.
        boolean better = judged < bestLoss || epoch == schedule.stopObserving() && epoch > 0;
        if (better) {
            bestLoss = judged;
            bestEpoch = epoch;
            best = saved();
        }
        return new EpochReport(epoch, trained.meanLoss(), judged, score.accuracy(), better);
    }

    private static IllegalArgumentException diverged(int epoch, String what, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "epoch " + (epoch + 1) + ": " + what + "; a smaller learning rate may help", cause);
    }

    private boolean weightsAreSane() {
        return block.getParameters().values().stream()
                .filter(Parameter::requiresGradient)
                .allMatch(p -> p.getArray().abs().max().getFloat() < LARGEST);
    }

    private long[] order(int epoch) {
        long[] order = new long[(int) (data.samples() - held)];
        Arrays.setAll(order, i -> i);
        SplittableRandom random = new SplittableRandom(options.seed() + epoch);
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            long value = order[i];
            order[i] = order[other];
            order[other] = value;
        }
        return order;
    }

    private void step(Trainer trainer, long[] rows, Score score) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDList targets = data.targets(rows, scope);
            NDList predictions;
            NDArray error;
            try (GradientCollector collector = trainer.newGradientCollector()) {
                predictions = trainer.forward(data.inputs(rows, scope));
                error = loss.evaluate(targets, predictions);
                collector.backward(error);
            }
            trainer.step();
            score.add(rows.length, error, targets, predictions);
        }
    }

    /// Of the samples held back.
    private Score validated(Trainer trainer) {
        Score score = new Score();
        for (long start = data.samples() - held; start < data.samples(); start += options.batchSize()) {
            long first = start;
            long[] rows = new long[(int) Math.min(options.batchSize(), data.samples() - start)];
            Arrays.setAll(rows, i -> first + i);
            try (NDManager scope = trainer.getManager().newSubManager()) {
                NDList targets = data.targets(rows, scope);
                NDList predictions = trainer.evaluate(data.inputs(rows, scope));
                score.add(rows.length, loss.evaluate(targets, predictions), targets, predictions);
            }
        }
        return score;
    }

    /// Mean loss and accuracy over batches.
    private final class Score {
        private double loss;
        private long right;
        private long samples;

        void add(int batch, NDArray meanLoss, NDList targets, NDList predictions) {
            loss += meanLoss.getFloat() * (double) batch;
            right += hasScores(data) ? agreeing(targets.head(), predictions.head()) : 0;
            samples += batch;
        }

        double meanLoss() {
            return loss / samples;
        }

        /// NaN where outputs are no scores.
        double accuracy() {
            return hasScores(data) ? (double) right / samples : Double.NaN;
        }
    }

    private long agreeing(NDArray targets, NDArray scores) {
        long[] found = scores.argMax(1).toLongArray();
        float[] labels = data.labelled() ? targets.toFloatArray() : new float[0];
        long[] answers = data.labelled() ? new long[0] : targets.argMax(1).toLongArray();
        long right = 0;
        for (int i = 0; i < found.length; i++) {
            right += found[i] == (data.labelled() ? (long) labels[i] : answers[i]) ? 1 : 0;
        }
        return right;
    }

    private byte[] saved() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        block.saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private void restore(byte[] parameters) throws IOException {
        if (parameters.length == 0) {
            return;
        }
        try {
            block.loadParameters(block.manager(), new DataInputStream(new ByteArrayInputStream(parameters)));
        } catch (MalformedModelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void checkpoint(int nextEpoch) throws IOException {
        Path file = options.checkpoint();
        if (file == null) {
            return;
        }
        StagedFiles.replace(
                file,
                temporary -> {
                    try (DataOutputStream out =
                            new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
                        new Checkpoint(nextEpoch, bestEpoch, bestLoss, best, saved()).write(out);
                        optimizer.save(out);
                    }
                });
    }

    /// The epoch to go on with.
    private int resume() throws IOException {
        Path file = options.checkpoint();
        if (file == null || !Files.exists(file)) {
            return 0;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            Checkpoint state = Checkpoint.read(in);
            restore(state.parameters());
            optimizer.load(in);
            best = state.best();
            bestLoss = state.bestLoss();
            bestEpoch = state.bestEpoch();
            return state.nextEpoch();
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new IOException(file + ": not a checkpoint of this training: " + e.getMessage(), e);
        }
    }
}
