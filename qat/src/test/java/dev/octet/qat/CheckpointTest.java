package dev.octet.qat;

import static dev.octet.qat.TinyTraining.GRAPH;
import static dev.octet.qat.TinyTraining.options;
import static dev.octet.qat.TinyTraining.samples;
import static dev.octet.qat.TinyTraining.training;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir Path folder;

    /// Thrown where a process would be killed.
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Test
    void goesOnAfterAKillAsIfThereHadBeenNone() throws IOException {
        Path file = folder.resolve("state");
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            List<EpochReport> whole = new ArrayList<>();
            QatBlock undisturbed = Qat.prepare(GRAPH, QatPresets.X86);
            training(undisturbed, manager, null, options(4, null)).run((_, _, _) -> {}, whole::add);

            QatBlock killed = Qat.prepare(GRAPH, QatPresets.X86);
            assertThatThrownBy(() ->
                            training(killed, manager, null, options(4, file))
                                    .run(
                                            (epoch, done, _) -> {
                                                if (epoch == 2 && done > 8) {
                                                    throw new Killed();
                                                }
                                            },
                                            _ -> {}))
                    .isInstanceOf(Killed.class);

            List<EpochReport> rest = new ArrayList<>();
            QatBlock resumed = Qat.prepare(GRAPH, QatPresets.X86);
            training(resumed, manager, null, options(4, file)).run((_, _, _) -> {}, rest::add);
            assertThat(rest).extracting(EpochReport::epoch).containsExactly(2, 3);
            assertThat(rest).isEqualTo(whole.subList(2, 4));
            assertThat(resumed.table().entries()).isEqualTo(undisturbed.table().entries());
        }
    }

    @Test
    void aCheckpointOfAnotherTrainingIsRefused() throws IOException {
        Path file = folder.resolve("state");
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            TrainingData data = TrainingData.of(samples(), GRAPH, null, manager);
            training(Qat.prepare(GRAPH, QatPresets.X86), manager, null, options(1, file)).run((_, _, _) -> {}, _ -> {});
            Tensor labels = Tensor.allocate(DType.INT64, Shape.of(24));
            TrainingData labelled = TrainingData.of(samples(), GRAPH, labels, manager);
            TrainingOptions same = options(2, file);
            QatSpec fewerBits = QatPresets.withWeightBits(QatPresets.X86, 4);
            QatSpec learned = QatPresets.X86.withActivation(new FakeQuantSpec.Learned(true, true));
            refused(Models.tinyConvNet(9), QatPresets.X86, data, same, "network: expected 'tiny");
            refused(GRAPH, fewerBits, data, same, "quantization: expected x86 with weights of 4 bits");
            refused(GRAPH, QatPresets.QNNPACK, data, same, "quantization: expected qnnpack with weights of 8 bits");
            refused(GRAPH, learned, data, same, "quantization: expected x86");
            refused(GRAPH, QatPresets.X86, labelled, same, "data: expected 24 labelled samples");
            TrainingOptions otherSeed = new TrainingOptions(2, 8, 0.002f, 0.25, 0, 6, file);
            refused(GRAPH, QatPresets.X86, data, otherSeed, "seed: expected 6, found 5");
            TrainingOptions otherRate = new TrainingOptions(2, 8, 0.02f, 0.25, 0, 5, file);
            refused(GRAPH, QatPresets.X86, data, otherRate, "learning rate: expected 0.02, found 0.002");
            // Going on for longer is no other training.
            new QatTraining(Qat.prepare(GRAPH, QatPresets.X86), data, same, QatSchedule.of(2))
                    .run((_, _, _) -> {}, epoch -> assertThat(epoch.epoch()).isEqualTo(1));
        }
    }

    private static void refused(Graph graph, QatSpec spec, TrainingData data, TrainingOptions options, String why)
            throws IOException {
        byte[] before = Files.readAllBytes(options.checkpoint());
        QatTraining training = new QatTraining(Qat.prepare(graph, spec), data, options, QatSchedule.of(2));
        assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(options.checkpoint() + ": not a checkpoint of this training: " + why);
        assertThat(options.checkpoint()).hasBinaryContent(before);
    }

    @Test
    void aFileOfSomethingElseIsNoCheckpoint() throws IOException {
        Path file = Files.writeString(folder.resolve("notes"), "These are notes.");
        Path cut = Files.write(folder.resolve("cut"), new byte[] {0x4f, 0x51, 0x43, 0x50, 0, 0, 0, 7, 0});
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            QatTraining training = training(Qat.prepare(GRAPH, QatPresets.X86), manager, null, options(2, file));
            assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("notes: not a checkpoint of this training");
            QatTraining other = training(Qat.prepare(GRAPH, QatPresets.X86), manager, null, options(2, cut));
            assertThatThrownBy(() -> other.run((_, _, _) -> {}, _ -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageEndingWith("cut: not a checkpoint of this training: it is cut off");
        }
    }

    /// Any byte may be the one that a disk lost: those of weights say nothing themselves.
    @Test
    void aDamagedFileIsNoCheckpoint() throws IOException {
        Path file = folder.resolve("state");
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            training(Qat.prepare(GRAPH, QatPresets.X86), manager, null, options(1, file)).run((_, _, _) -> {}, _ -> {});
            byte[] whole = Files.readAllBytes(file);
            List<byte[]> damaged = new ArrayList<>();
            damaged.add(Arrays.copyOf(whole, whole.length + 1));
            damaged.add(Arrays.copyOf(whole, whole.length + 1000));
            damaged.add(Arrays.copyOf(whole, whole.length - 1));
            for (int at : new int[] {5, whole.length / 3, whole.length / 2, whole.length - 20, whole.length - 1}) {
                byte[] changed = whole.clone();
                changed[at] ^= 1;
                damaged.add(changed);
            }
            for (byte[] bytes : damaged) {
                Files.write(file, bytes);
                QatTraining training = training(Qat.prepare(GRAPH, QatPresets.X86), manager, null, options(2, file));
                assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                        .isInstanceOf(IOException.class)
                        .hasMessageEndingWith(
                                "not a checkpoint of this training: its checksum is wrong, so it was cut off"
                                        + " or changed");
                assertThat(file).hasBinaryContent(bytes);
            }
        }
    }
}
