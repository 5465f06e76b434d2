package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QatTrainingTest {
    private static final Graph GRAPH = Models.tinyConvNet(8);

    @TempDir Path folder;

    private static Dataset samples() {
        Generator random = Generator.of(4);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            samples.add(Map.of("image", random.normals(Shape.of(1, 3, 16, 16), 0, 1)));
        }
        return Dataset.of(samples);
    }

    private static TrainingOptions options(int epochs, Path checkpoint) {
        return new TrainingOptions(epochs, 8, 0.002f, 0.25, 0, 5, checkpoint);
    }

    private static QatTraining training(QatBlock block, NDManager manager, Tensor labels, TrainingOptions options) {
        return new QatTraining(
                block, TrainingData.of(samples(), GRAPH, labels, manager), options, QatSchedule.of(options.epochs()));
    }

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
    void lossFallsWithAndWithoutLabels() throws IOException {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            Tensor labels = Generator.of(6).integers(DType.INT64, Shape.of(24), 0, 9);
            for (Tensor given : java.util.Arrays.asList(null, labels)) {
                List<EpochReport> reports = new ArrayList<>();
                QatBlock block = Qat.prepare(GRAPH, QatPresets.QNNPACK);
                EpochReport best = training(block, manager, given, options(8, null)).run((_, _, _) -> {}, reports::add);
                assertThat(reports.getLast().loss()).isLessThan(reports.getFirst().loss());
                assertThat(best.epoch()).isBetween(0, 7);
                assertThat(block.convert().outputs()).hasSize(1);
            }
        }
    }

    @Test
    void stopsWhenEpochsNoLongerImprove() throws IOException {
        int patience = 2;
        Tensor labels = Generator.of(6).integers(DType.INT64, Shape.of(24), 0, 9);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            List<EpochReport> reports = new ArrayList<>();
            // Labels are chance, so what is learned of some says nothing of the others.
            TrainingOptions options = new TrainingOptions(60, 8, 0.02f, 0.25, patience, 5, null);
            QatBlock block = Qat.prepare(GRAPH, QatPresets.QNNPACK);
            EpochReport best = training(block, manager, labels, options).run((_, _, _) -> {}, reports::add);
            assertThat(reports.size()).isLessThan(60).isEqualTo(best.epoch() + 1 + patience);
            assertThat(reports.get(best.epoch())).isEqualTo(best);
            assertThat(reports.subList(best.epoch() + 1, reports.size())).noneMatch(EpochReport::best);
        }
    }

    private static QatBlock calibrated(QatSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(GRAPH, spec.quantization());
        return Qat.prepare(GRAPH, spec, prepared.calibrate(samples(), 1, CalibrationListener.NONE));
    }

    /// With a rate that spoils the network in every epoch, also in that in which ranges are frozen.
    @Test
    void keepsTheStartWhereNoEpochIsBetter() throws IOException {
        for (double validation : new double[] {0.25, 0}) {
            TrainingOptions options = new TrainingOptions(3, 8, 100, validation, 0, 5, null);
            try (NDManager manager = TrainingEngine.get().newBaseManager()) {
                List<EpochReport> reports = new ArrayList<>();
                QatBlock block = calibrated(QatPresets.X86);
                Map<String, Tensor> before = block.trainedConstants();
                EpochReport best = training(block, manager, null, options).run((_, _, _) -> {}, reports::add);
                assertThat(reports).extracting(EpochReport::epoch).containsExactly(EpochReport.START, 0, 1, 2);
                assertThat(best).isEqualTo(reports.getFirst());
                assertThat(reports.subList(1, 4)).noneMatch(EpochReport::best);
                Map<String, Tensor> after = block.trainedConstants();
                before.forEach((name, tensor) -> TensorAssert.assertThat(after.get(name)).isIdenticalTo(tensor));
            }
        }
    }

    @Test
    void theBestEpochIsThatOfTheLeastValidationLoss() throws IOException {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            List<EpochReport> reports = new ArrayList<>();
            Tensor labels = Generator.of(6).integers(DType.INT64, Shape.of(24), 0, 9);
            TrainingOptions options = new TrainingOptions(6, 8, 0.02f, 0.25, 0, 5, null);
            QatBlock block = calibrated(QatPresets.QNNPACK);
            EpochReport best = training(block, manager, labels, options).run((_, _, _) -> {}, reports::add);
            assertThat(reports).extracting(EpochReport::validationLoss).allMatch(l -> l >= best.validationLoss());
            assertThat(reports.stream().filter(EpochReport::best).toList().getLast()).isEqualTo(best);
        }
    }

    /// An epoch without rounding judges a network that is not what conversion makes of it.
    @Test
    void epochsBeforeRoundingAreNoCandidates() throws IOException {
        TrainingOptions options = new TrainingOptions(5, 8, 0.002f, 0.25, 1, 5, null);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            List<EpochReport> reports = new ArrayList<>();
            TrainingData data = TrainingData.of(samples(), GRAPH, null, manager);
            QatBlock block = Qat.prepare(GRAPH, QatPresets.X86);
            new QatTraining(block, data, options, new QatSchedule(3, 9, 9)).run((_, _, _) -> {}, reports::add);
            assertThat(reports.subList(0, 3)).noneMatch(EpochReport::best);
            assertThat(reports.get(3).best()).isTrue();
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
    void saysThatTrainingDiverges() {
        TrainingOptions options = new TrainingOptions(3, 8, 1e30f, 0.25, 0, 5, null);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (QatSpec spec : List.of(QatPresets.X86, QatPresets.TFLITE)) {
                QatTraining training = training(Qat.prepare(GRAPH, spec), manager, null, options);
                assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("epoch 1: ")
                        .hasMessageEndingWith("; a smaller learning rate may help");
            }
        }
    }

    @Test
    void aFileOfSomethingElseIsNoCheckpoint() throws IOException {
        Path file = Files.writeString(folder.resolve("notes"), "These are notes.");
        Path cut = Files.write(folder.resolve("cut"), new byte[] {0x4f, 0x51, 0x41, 0x55, 0, 0, 0, 7, 0});
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

    @Test
    void whatDoesNotFitIsToldWithItsSample() {
        Tensor zeros = Tensor.allocate(DType.INT64, Shape.of(24));
        Tensor half = Tensor.allocate(DType.FLOAT32, Shape.of(24));
        half.setFloat(3, 0.5f);
        Tensor broken = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 16));
        broken.setFloat(700, Float.NaN);
        Dataset withNan =
                Dataset.of(
                        List.of(
                                Map.of("image", Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 16))),
                                Map.of("image", broken)));
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            assertThatThrownBy(() -> TrainingData.of(samples(), GRAPH, Tensor.vector(1, 2, 3), manager))
                    .hasMessage("labels: expected 24, found 3");
            assertThatThrownBy(() -> TrainingData.of(samples(), GRAPH, half, manager))
                    .hasMessage("labels: sample 3: expected the number of a class, 0 to 9, found 0.5");
            assertThatThrownBy(() -> TrainingData.of(withNan, GRAPH, zeros, manager))
                    .hasMessage("sample 1: 'image' contains NaN");
        }
    }
}
