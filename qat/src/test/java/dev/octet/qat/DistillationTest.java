package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class DistillationTest {
    private static final float[] TEACHER = {2, 0.5f, -1, 0, 3, 1};
    private static final float[] STUDENT = {1, 1, 0, -0.5f, 2, 0.25f};

    private static double[] softened(float[] scores, int row, double temperature) {
        double[] exp = new double[3];
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            exp[i] = Math.exp(scores[row * 3 + i] / temperature);
            sum += exp[i];
        }
        for (int i = 0; i < 3; i++) {
            exp[i] /= sum;
        }
        return exp;
    }

    @Test
    void lossIsTheCrossEntropyOfSoftenedAnswersAndItsGradientTheirDifference() {
        double temperature = 4;
        double expected = 0;
        float[] gradient = new float[6];
        for (int row = 0; row < 2; row++) {
            double[] teacher = softened(TEACHER, row, temperature);
            double[] student = softened(STUDENT, row, temperature);
            for (int i = 0; i < 3; i++) {
                expected -= temperature * temperature * teacher[i] * Math.log(student[i]) / 2;
                gradient[row * 3 + i] = (float) (temperature * (student[i] - teacher[i]) / 2);
            }
        }
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDArray teacher = manager.create(TEACHER, new Shape(2, 3));
            Gradients found =
                    Gradients.of(
                            manager.create(STUDENT, new Shape(2, 3)),
                            new float[] {1},
                            v -> Distillation.loss((float) temperature).evaluate(new NDList(teacher), new NDList(v)));
            assertThat((double) found.y()[0]).isCloseTo(expected, Offset.offset(1e-5));
            assertThat(found.dx()).containsExactly(gradient, Offset.offset(1e-6f));
        }
    }

    @Test
    void squaredLossIsTheMeanOfAllOutputs() {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDList teacher = new NDList(manager.create(new float[] {1, 2}), manager.create(new float[] {5}));
            NDList student = new NDList(manager.create(new float[] {0, 4}), manager.create(new float[] {2}));
            assertThat(Distillation.squaredLoss().evaluate(teacher, student).getFloat()).isEqualTo(2.5f + 9);
        }
    }
}
