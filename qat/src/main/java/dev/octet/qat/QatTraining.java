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
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.LongStream;
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

    /// Samples that the network is written for, 1 if it takes any number.
    private final int fixed;

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
        fixed = TrainingData.batch(block.original(), 1) == options.batchSize() ? options.batchSize() : 1;
        held = held(data.samples(), options.validation(), fixed);
        if (block.getParameters().values().stream().noneMatch(Parameter::requiresGradient)) {
            throw new IllegalArgumentException("there is nothing to train: the network has no weights of FLOAT32");
        }
        validation = Validation.of(data, loss, options.batchSize(), held);
        fingerprint = Fingerprint.of(block, data, options);
    }

    private static Loss loss(TrainingData data) {
        if (data.labelled()) {
            return ofScores(Loss.softmaxCrossEntropyLoss());
        }
        return data.hasScores() ? Distillation.loss(TEMPERATURE) : Distillation.squaredLoss();
    }

    /// A loss of the first output of floats, whatever there is beside.
    private static Loss ofScores(Loss loss) {
        return new Loss(loss.getName()) {
            @Override
            public NDArray evaluate(NDList labels, NDList predictions) {
                return loss.evaluate(labels, new NDList(Distillation.floating(predictions).head()));
            }
        };
    }

    /// How many samples are held back: at least one, if any are wanted, and whole batches of a network that takes no
    /// others.
    private static long held(long samples, double part, int fixed) {
        if (fixed > 1) {
            long whole = (long) Math.ceil(samples * part / fixed) * fixed;
            if (samples - whole < fixed) {
                throw new IllegalArgumentException(
                        "samples: the network takes %d at a time, expected at least %d, found %d"
                                .formatted(fixed, whole + fixed, samples));
            }
            return whole;
        }
        if (part > 0 && samples == 1) {
            throw new IllegalArgumentException("validation part: expected 0 with a single sample, found " + part);
        }
        return part > 0 ? Math.max(1, (long) (samples * part)) : 0;
    }

    /// Trains, and leaves the block as it was after its best epoch, or as it was before if none was better.
    ///
    /// @return how the best epoch went; the number is [EpochReport#START] if what training started from stays
    /// @throws IllegalArgumentException if training diverges
    /// @throws IOException if the checkpoint cannot be read or written, or is that of another training
    public EpochReport run(BatchListener batches, Consumer<EpochReport> epochs) throws IOException {
        int first = resume();
        block.outputScores(true);
        try (Model model = TrainingEngine.newModel("qat")) {
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(data.inputs().head().getShape());
                requireBatch(trainer);
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
        } finally {
            block.outputScores(false);
        }
        restore(best.parameters());
        return best.report();
    }

    /// A network may be written for a number of samples, and many such take any other all the same.
    private void requireBatch(Trainer trainer) {
        int fixed = TrainingData.batch(block.original(), options.batchSize());
        if (fixed == options.batchSize()) {
            return;
        }
        long[] rows = LongStream.range(0, Math.min(options.batchSize(), data.samples())).toArray();
        try (NDManager scope = trainer.getManager().newSubManager()) {
            trainer.evaluate(data.inputs(rows, scope));
        } catch (EngineException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "batch size: expected %d, which the network is written for, found %d (octet qat: --batch %d): %s"
                            .formatted(fixed, options.batchSize(), fixed, e.getMessage()),
                    e);
        }
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
        int done = 0;
        while (done < order.length) {
            long[] rows = Arrays.copyOfRange(order, done, done + batch(order.length - done));
            done += rows.length;
            try {
                sum += step(trainer, rows) * rows.length;
            } catch (EngineException | IllegalArgumentException | IllegalStateException e) {
                throw explained(epoch, e);
            }
            requireFinite(epoch, "loss", sum);
            batches.trained(epoch, done, order.length);
        }
        return judged(trainer, epoch, sum / order.length);
    }

    /// Samples of the next batch. One that would be left alone joins it: it has no variance, by which a batch
    /// normalization could go.
    private int batch(int left) {
        int size = options.batchSize();
        return left <= size || fixed == 1 && size > 1 && left == size + 1 ? left : size;
    }

    /// Judges the network as it is now, and keeps it if it is the best so far.
    private EpochReport judged(Trainer trainer, int epoch, double trainingLoss) throws IOException {
        Optional<String> notFinite = notFinite();
        if (notFinite.isPresent()) {
            throw epoch == EpochReport.START
                    ? new IllegalArgumentException("before training: " + notFinite.get())
                    : diverged(epoch, notFinite.get(), null);
        }
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

    /// What PyTorch says of numbers that are none is no help.
    private RuntimeException explained(int epoch, RuntimeException failure) {
        Optional<String> notFinite = notFinite();
        if (notFinite.isPresent()) {
            return diverged(epoch, notFinite.get(), failure);
        }
        if (!weightsAreSane()) {
            return diverged(epoch, "the weights have grown beyond all bounds", failure);
        }
        return failure instanceof IllegalArgumentException
                ? failure
                : TrainingEngine.refusal("epoch " + (epoch + 1), failure);
    }

    /// A parameter that no network can have, if there is one. Rounding makes integers of NaN, too, so the loss does not
    /// tell.
    private Optional<String> notFinite() {
        for (Parameter parameter : block.getParameters().values()) {
            if (!parameter.getArray().getDataType().isFloating()) {
                continue;
            }
            // The ends of a range of which nothing was seen yet are infinite.
            boolean range = parameter.getType() == Parameter.Type.OTHER && !parameter.requiresGradient();
            for (float value : parameter.getArray().toFloatArray()) {
                if (Float.isNaN(value) || !range && Float.isInfinite(value)) {
                    return Optional.of("'" + parameter.getName() + "' contains " + value);
                }
            }
        }
        return Optional.empty();
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
        // Those that are too few for a batch wait for another epoch, which has another order.
        return Arrays.copyOf(order, order.length / fixed * fixed);
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
        if (options.checkpoint() == null) {
            return;
        }
        CheckpointFile.write(
                options.checkpoint(),
                out -> {
                    new Checkpoint(fingerprint, nextEpoch, best, saved()).write(out);
                    optimizer.save(out);
                    return out;
                });
    }

    /// The epoch to go on with.
    private int resume() throws IOException {
        Path file = options.checkpoint();
        if (file == null || !Files.exists(file)) {
            return 0;
        }
        return CheckpointFile.read(
                file,
                in -> {
                    Checkpoint state = Checkpoint.read(in, fingerprint);
                    restore(state.parameters());
                    optimizer.load(in);
                    best = state.best();
                    return state.nextEpoch();
                });
    }
}
