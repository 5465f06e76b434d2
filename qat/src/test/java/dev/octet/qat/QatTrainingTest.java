package dev.octet.qat;

import static dev.octet.qat.TinyTraining.GRAPH;
import static dev.octet.qat.TinyTraining.calibrated;
import static dev.octet.qat.TinyTraining.labels;
import static dev.octet.qat.TinyTraining.options;
import static dev.octet.qat.TinyTraining.samples;
import static dev.octet.qat.TinyTraining.training;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.ArgReduce;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class QatTrainingTest {
    @Test
    void lossFallsWithAndWithoutLabels() throws IOException {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            Tensor labels = labels();
            for (Tensor given : Arrays.asList(null, labels)) {
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
        Tensor labels = labels();
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

    /// With a rate that spoils the network in every epoch, also in that in which ranges are frozen.
    @Test
    void keepsTheStartWhereNoEpochIsBetter() throws IOException {
        for (double validation : new double[] {0.25, 0}) {
            TrainingOptions options = new TrainingOptions(3, 8, 100, validation, 0, 5, null);
            try (NDManager manager = TrainingEngine.get().newBaseManager()) {
                List<EpochReport> reports = new ArrayList<>();
                QatBlock block = calibrated(GRAPH, QatPresets.X86);
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
            Tensor labels = labels();
            TrainingOptions options = new TrainingOptions(6, 8, 0.02f, 0.25, 0, 5, null);
            QatBlock block = calibrated(GRAPH, QatPresets.QNNPACK);
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

    /// A network in which a sample has one number for each channel of a batch normalization.
    private static Graph dense() {
        Layers net = new Layers("dense", 3);
        String x = net.flatten(net.input("image", 3, 16, 16));
        return net.build(net.linear(net.relu(net.batchNorm(net.linear(x, 12))), 10));
    }

    @Test
    void aSampleThatIsLeftAloneJoinsTheBatchBefore() throws IOException {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (QatSpec.NormTraining norm : QatSpec.NormTraining.values()) {
                QatBlock block = calibrated(dense(), QatPresets.X86.withNorm(norm));
                List<Long> batches = new ArrayList<>();
                // Of 24 samples 16 are trained with: batches of 5, 5 and 6.
                TrainingOptions options = new TrainingOptions(2, 5, 0.002f, 0.34, 0, 5, null);
                training(dense(), block, manager, labels(), options)
                        .run((_, done, _) -> batches.add(done), epoch -> assertThat(epoch.validationLoss()).isFinite());
                assertThat(batches).containsExactly(5L, 10L, 16L, 5L, 10L, 16L);
                block.trainedConstants()
                        .forEach(
                                (name, tensor) -> assertThat(tensor.toFloatArray()).as(name).doesNotContain(Float.NaN));
            }
        }
    }

    @Test
    void batchesWithoutVarianceAreRefused() {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (QatSpec.NormTraining norm : QatSpec.NormTraining.values()) {
                QatBlock block = Qat.prepare(dense(), QatPresets.X86.withNorm(norm));
                TrainingOptions options = new TrainingOptions(2, 1, 0.002f, 0.25, 0, 5, null);
                QatTraining training = training(dense(), block, manager, labels(), options);
                assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(
                                "expected more than one value per channel in training, found x of (1, 12)");
            }
        }
    }

    /// Rounding makes integers of NaN, too, and losses of these are finite.
    @Test
    void aNetworkWithNanIsNoCandidate() {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (boolean calibrated : new boolean[] {true, false}) {
                QatBlock block =
                        calibrated ? calibrated(dense(), QatPresets.X86) : Qat.prepare(dense(), QatPresets.X86);
                Parameter variance =
                        block.getParameters().values().stream()
                                .filter(p -> p.getType() == Parameter.Type.RUNNING_VAR)
                                .findFirst()
                                .orElseThrow();
                float[] values = variance.getArray().toFloatArray();
                values[7] = Float.NaN;
                variance.getArray().set(values);
                QatTraining training = training(dense(), block, manager, labels(), options(2, null));
                String when = calibrated ? "before training" : "epoch 1";
                assertThatThrownBy(() -> training.run((_, _, _) -> {}, _ -> {}))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith(when + ": '" + variance.getName() + "' contains NaN");
            }
        }
    }

    private static List<EpochReport> reports(Graph graph, NDManager manager, Tensor labels) throws IOException {
        List<EpochReport> reports = new ArrayList<>();
        training(graph, calibrated(graph, QatPresets.X86), manager, labels, options(3, null))
                .run((_, _, _) -> {}, reports::add);
        return reports;
    }

    /// Of probabilities, a loss that takes the softmax itself would hardly fall.
    @Test
    void aNetworkThatEndsInSoftmaxTrainsByItsScores() throws IOException {
        var builder = GRAPH.toBuilder().outputs(List.of());
        String scores = GRAPH.outputs().getFirst().name();
        Graph graph = builder.output(builder.add(new Softmax(1, false, false), scores)).build();
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (Tensor labels : Arrays.asList(null, labels())) {
                assertThat(reports(graph, manager, labels)).isEqualTo(reports(GRAPH, manager, labels));
            }
            QatBlock block = calibrated(graph, QatPresets.X86);
            training(graph, block, manager, labels(), options(1, null)).run((_, _, _) -> {}, _ -> {});
            NDList image = new NDList(manager.zeros(new Shape(2, 3, 16, 16)));
            NDArray output = block.forward(new ParameterStore(manager, false), image, false).singletonOrThrow();
            assertThat(output.sum().getFloat()).isCloseTo(2, Offset.offset(0.05f));
        }
    }

    @Test
    void outputsOfIntegersAreLeftAside() throws IOException {
        var builder = GRAPH.toBuilder().outputs(List.of());
        String scores = GRAPH.outputs().getFirst().name();
        String number = builder.add(new ArgReduce(true, 1, false, false), scores);
        Graph both = builder.output(number).output(scores).build();
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            for (Tensor labels : Arrays.asList(null, labels())) {
                assertThat(reports(both, manager, labels)).isEqualTo(reports(GRAPH, manager, labels));
            }
        }
        Graph alone = builder.outputs(List.of()).output(number).build();
        assertThatThrownBy(() -> Qat.prepare(alone, QatPresets.X86))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining(
                        "cannot be trained: expected an output of floats, found only ['" + number + "' of INT64");
    }

    @Test
    void heldBackIsAtLeastOneSample() throws IOException {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            TrainingOptions options = new TrainingOptions(1, 8, 0.002f, 0.01, 0, 5, null);
            training(Qat.prepare(GRAPH, QatPresets.X86), manager, labels(), options)
                    .run((_, _, total) -> assertThat(total).isEqualTo(23), _ -> {});
            TrainingData single = TrainingData.of(samples().limit(1), GRAPH, null, manager);
            assertThatThrownBy(() ->
                            new QatTraining(Qat.prepare(GRAPH, QatPresets.X86), single, options, QatSchedule.of(1)))
                    .hasMessage("validation part: expected 0 with a single sample, found 0.01");
        }
    }

    /// Of 24 samples a quarter, six, is to be held back: eight are, and sixteen are trained with.
    @Test
    void aNetworkOfFixedBatchTrainsWithWholeBatches() throws IOException {
        GraphBuilder b = new GraphBuilder("fixed");
        String x = b.input("image", DType.FLOAT32, PartialShape.of(8, 3, 16, 16));
        String row = b.add(new Reshape(false), x, b.constant("shape", Tensor.vector(8, 768)));
        Tensor weight = Generator.of(2).normals(dev.octet.tensor.Shape.of(10, 768), 0, 0.1f);
        Graph fixed = b.output(b.add(new Gemm(1, 1, false, true), row, b.constant("weight", weight))).build();
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            training(fixed, Qat.prepare(fixed, QatPresets.X86), manager, labels(), options(1, null))
                    .run((_, _, total) -> assertThat(total).isEqualTo(16), _ -> {});
            TrainingData few = TrainingData.of(samples().limit(9), fixed, null, manager);
            assertThatThrownBy(() ->
                            new QatTraining(
                                    Qat.prepare(fixed, QatPresets.X86), few, options(1, null), QatSchedule.of(1)))
                    .hasMessage("samples: the network takes 8 at a time, expected at least 16, found 9");
        }
    }

    @Test
    void aNetworkWithoutWeightsIsRefused() {
        GraphBuilder b = new GraphBuilder("none");
        b.input("image", DType.FLOAT32, PartialShape.of(-1, 3, 16, 16));
        Graph none = b.output(b.add(Unary.of(UnaryFunction.RELU), "image")).build();
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            assertThatThrownBy(() -> training(none, Qat.prepare(none, QatPresets.X86), manager, null, options(1, null)))
                    .hasMessage("there is nothing to train: the network has no weights of FLOAT32");
        }
    }
}
