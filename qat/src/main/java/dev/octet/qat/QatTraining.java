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
import java.io.EOFException;
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
    private final Validation validation;
    private final Fingerprint fingerprint;
    private BestEpoch best = BestEpoch.NONE;

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
        validation = Validation.of(data, loss, options.batchSize(), held);
        fingerprint = Fingerprint.of(block, data, options);
    }

    private static Loss loss(TrainingData data) {
        if (data.labelled()) {
            return Loss.softmaxCrossEntropyLoss();
        }
        return data.hasScores() ? Distillation.loss(TEMPERATURE) : Distillation.squaredLoss();
    }

    /// Trains, and leaves the block as it was after its best epoch, or as it was before if none was better.
    ///
    /// @return how the best epoch went; the number is [EpochReport#START] if what training started from stays
    /// @throws IllegalArgumentException if training diverges
    /// @throws IOException if the checkpoint cannot be read or written, or is that of another training
    public EpochReport run(BatchListener batches, Consumer<EpochReport> epochs) throws IOException {
        int first = resume();
        try (Model model = TrainingEngine.newModel("qat")) {
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(data.inputs().head().getShape());
                if (first == 0 && block.isKnown()) {
                    epochs.accept(judged(trainer, EpochReport.START, Double.NaN));
                }
                for (int epoch = first; epoch < options.epochs() && !isOver(epoch); epoch++) {
                    epochs.accept(epoch(trainer, epoch, batches));
                    checkpoint(epoch + 1);
                }
            }
            // Closing the model frees its block's arrays, and this one is converted.
            model.setBlock(new SequentialBlock());
        }
        restore(best.parameters());
        return best.report();
    }

    private boolean isOver(int epoch) {
        // Epochs before rounding starts are no candidates, so nothing is expected of them.
        int last = Math.max(best.report().epoch(), schedule.roundActivations() - 1);
        return options.patience() > 0 && epoch - last > options.patience();
    }

    private EpochReport epoch(Trainer trainer, int epoch, BatchListener batches) throws IOException {
        schedule.apply(block, epoch);
        optimizer.setRate(options.rateOf(epoch));
        long[] order = order(epoch);
        double sum = 0;
        for (int from = 0; from < order.length; from += options.batchSize()) {
            long[] rows = Arrays.copyOfRange(order, from, Math.min(order.length, from + options.batchSize()));
            try {
                sum += step(trainer, rows) * rows.length;
            } catch (EngineException | IllegalArgumentException e) {
                throw weightsAreSane() ? e : diverged(epoch, "the weights have grown beyond all bounds", e);
            }
            requireFinite(epoch, "loss", sum);
            batches.trained(epoch, from + rows.length, order.length);
        }
        return judged(trainer, epoch, sum / order.length);
    }

    /// Judges the network as it is now, and keeps it if it is the best so far.
    private EpochReport judged(Trainer trainer, int epoch, double trainingLoss) throws IOException {
        Validation.Score score = validation.score(trainer);
        if (epoch != EpochReport.START) {
            requireFinite(epoch, "validation loss", score.loss());
        }
        // A network whose values are not rounded yet is not what is converted.
        boolean candidate = epoch == EpochReport.START || epoch >= schedule.roundActivations();
        boolean better = candidate && score.loss() < best.report().validationLoss();
        EpochReport report = new EpochReport(epoch, trainingLoss, score.loss(), score.accuracy(), better);
        if (better) {
            best = new BestEpoch(report, saved());
        }
        return report;
    }

    private static void requireFinite(int epoch, String what, double value) {
        if (!Double.isFinite(value)) {
            throw diverged(epoch, "the " + what + " is " + value, null);
        }
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

    /// Mean loss of the batch.
    private double step(Trainer trainer, long[] rows) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDList targets = data.targets(rows, scope);
            NDArray error;
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList predictions = trainer.forward(data.inputs(rows, scope));
                error = loss.evaluate(targets, predictions);
                collector.backward(error);
            }
            trainer.step();
            return error.getFloat();
        }
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
                        new Checkpoint(fingerprint, nextEpoch, best, saved()).write(out);
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
            Checkpoint state = Checkpoint.read(in, fingerprint);
            restore(state.parameters());
            optimizer.load(in);
            best = state.best();
            return state.nextEpoch();
        } catch (EOFException e) {
            throw new IOException(file + ": not a checkpoint of this training: it is cut off", e);
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new IOException(file + ": not a checkpoint of this training: " + e.getMessage(), e);
        }
    }
}
