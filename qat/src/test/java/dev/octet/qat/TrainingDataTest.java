package dev.octet.qat;

import static dev.octet.qat.TinyTraining.GRAPH;
import static dev.octet.qat.TinyTraining.samples;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Reshape;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingDataTest {
    @Test
    void whatDoesNotFitIsToldWithItsSample() {
        Tensor zeros = Tensor.allocate(DType.INT64, Shape.of(24));
        Tensor half = Tensor.allocate(DType.FLOAT32, Shape.of(24));
        half.setFloat(3, 0.5f);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            assertThatThrownBy(() -> TrainingData.of(samples(), GRAPH, Tensor.vector(1, 2, 3), manager))
                    .hasMessage("labels: expected 24, found 3");
            assertThatThrownBy(() -> TrainingData.of(samples(), GRAPH, half, manager))
                    .hasMessage("labels: sample 3: expected the number of a class, 0 to 9, found 0.5");
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                Tensor broken = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 16));
                broken.setFloat(700, bad);
                Tensor whole = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 16));
                Dataset data = Dataset.of(List.of(Map.of("image", whole), Map.of("image", broken)));
                assertThatThrownBy(() -> TrainingData.of(data, GRAPH, zeros, manager))
                        .hasMessage("sample 1: 'image' contains " + bad);
            }
        }
    }

    @Test
    void samplesHaveOneSize() {
        Tensor small = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 16));
        Tensor large = Tensor.allocate(DType.FLOAT32, Shape.of(1, 3, 16, 18));
        Dataset data = Dataset.of(List.of(Map.of("image", small), Map.of("image", large)));
        assertThatThrownBy(() -> TrainingData.of(data, GRAPH, null))
                .hasMessage(
                        "sample 1: 'image': training takes samples of one size, expected that of the first, [1, 3, 16,"
                                + " 16], found [1, 3, 16, 18]");
    }

    @Test
    void labelsNeedScores() {
        Graph pooled = GRAPH.toBuilder().outputs(List.of()).output(GRAPH.nodes().getFirst().output()).build();
        Tensor zeros = Tensor.allocate(DType.INT64, Shape.of(24));
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            assertThatThrownBy(() -> TrainingData.of(samples(), pooled, zeros, manager))
                    .hasMessage(
                            "labels: they need an output of scores, [samples, classes], first among those of floats,"
                                    + " found (1, 8, 16, 16)");
        }
    }

    /// A graph that is exported for one sample at a time, and says so in its shapes.
    @Test
    void aGraphOfFixedBatchAnswersBatchByBatch() {
        GraphBuilder b = new GraphBuilder("fixed");
        String x = b.input("image", DType.FLOAT32, PartialShape.of(1, 3, 16, 16));
        String row = b.add(new Reshape(false), x, b.constant("shape", Tensor.vector(1, 768)));
        Tensor weight = Generator.of(2).normals(Shape.of(10, 768), 0, 0.1f);
        Graph fixed = b.output(b.add(new Gemm(1, 1, false, true), row, b.constant("weight", weight))).build();
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            TrainingData data = TrainingData.of(samples(), fixed, null, manager);
            assertThat(data.targets().singletonOrThrow().getShape().getShape()).containsExactly(24, 10);
        }
    }
}
