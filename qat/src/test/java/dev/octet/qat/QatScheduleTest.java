package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import dev.octet.test.TensorAssert;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class QatScheduleTest {
    private static final QatSchedule SCHEDULE = new QatSchedule(2, 3, 4);

    private final Generator random = Generator.of(13);
    private final QatBlock block = Qat.prepare(Models.tinyConvNet(5), QatPresets.QNNPACK);

    private Tensor images(float deviation) {
        return random.normals(Shape.of(4, 3, 16, 16), 0, deviation);
    }

    private Tensor run(Tensor images, boolean training) {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDList inputs = new NDList(TensorArrays.toArray(manager, images));
            return TensorArrays.toTensor(block.forward(new ParameterStore(manager, false), inputs, training).head());
        }
    }

    private float[] state(String suffix) {
        return block.getParameters().values().stream()
                .filter(p -> p.getName().endsWith(suffix))
                .findFirst()
                .orElseThrow()
                .getArray()
                .toFloatArray();
    }

    /// Values that are rounded for none but the weights' sake, as before the delay is over.
    private Tensor withoutRoundedActivations(Tensor images) {
        block.quantizeActivations(false);
        Tensor result = run(images, false);
        block.quantizeActivations(true);
        return result;
    }

    @Test
    void activationsAreRoundedFromTheirEpochOnAndObservedBefore() {
        SCHEDULE.apply(block, 0);
        run(images(1), true);
        Tensor images = images(1);
        Tensor early = run(images, false);
        assertThat(block.table().entries()).isNotEmpty();
        TensorAssert.assertThat(early).isIdenticalTo(withoutRoundedActivations(images));
        SCHEDULE.apply(block, 2);
        Tensor late = run(images, false);
        assertThat(late.toFloatArray()).isNotEqualTo(early.toFloatArray());
    }

    @Test
    void parametersStayFromTheirEpochOn() {
        SCHEDULE.apply(block, 2);
        run(images(1), true);
        SCHEDULE.apply(block, 3);
        var settled = block.table().entries();
        run(images(3), true);
        assertThat(block.table().entries()).isEqualTo(settled);
        SCHEDULE.apply(block, 2);
        run(images(3), true);
        assertThat(block.table().entries()).isNotEqualTo(settled);
    }

    @Test
    void batchStatisticsFreezeAndUnfreeze() {
        SCHEDULE.apply(block, 3);
        float[] start = state(".running_mean");
        run(images(1), true);
        float[] moved = state(".running_mean");
        assertThat(moved).isNotEqualTo(start);
        SCHEDULE.apply(block, 4);
        run(images(3), true);
        assertThat(state(".running_mean")).isEqualTo(moved);
        SCHEDULE.apply(block, 3);
        run(images(3), true);
        assertThat(state(".running_mean")).isNotEqualTo(moved);
    }

    @Test
    void theUsualOneFreezesForTheLastThird() {
        assertThat(Arrays.asList(QatSchedule.of(1), QatSchedule.of(4), QatSchedule.of(9)))
                .containsExactly(new QatSchedule(0, 1, 1), new QatSchedule(0, 3, 3), new QatSchedule(0, 6, 6));
    }
}
