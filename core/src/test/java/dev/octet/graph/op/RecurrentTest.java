package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecurrentTest {
    private static final int STEPS = 4;
    private static final int BATCH = 3;
    private static final int INPUTS = 2;
    private static final int HIDDEN = 5;

    private final Random random = new Random(7);

    private static RecurrentOptions options(Direction direction, boolean batchFirst) {
        return new RecurrentOptions(direction, HIDDEN, 0, batchFirst, List.of(), List.of(), List.of());
    }

    private Tensor draw(long... dims) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, random.nextFloat() - 0.5f);
        }
        return tensor;
    }

    private static Tensor transpose(Tensor x, long... perm) {
        long[] dims = Arrays.stream(perm).map(axis -> x.shape().dim((int) axis)).toArray();
        Tensor y = Tensor.allocate(x.dtype(), Shape.of(dims));
        new Transpose(Arrays.stream(perm).boxed().toList()).evaluate(List.of(x), List.of(y));
        return y;
    }

    /// ONNX Runtime, the oracle of all else, has no batch-first layout.
    @ParameterizedTest
    @EnumSource
    void layoutsDifferInTheOrderOfAxesOnly(Direction direction) {
        int directions = direction.count();
        Tensor x = draw(STEPS, BATCH, INPUTS);
        Tensor w = draw(directions, 3 * HIDDEN, INPUTS);
        Tensor r = draw(directions, 3 * HIDDEN, HIDDEN);
        Tensor b = draw(directions, 6 * HIDDEN);
        Tensor lengths = Tensor.of(Shape.of(BATCH), 4, 1, 2);
        Tensor h = draw(directions, BATCH, HIDDEN);
        Tensor y = draw(STEPS, directions, BATCH, HIDDEN);
        Tensor last = draw(directions, BATCH, HIDDEN);
        new Gru(options(direction, false), false).evaluate(List.of(x, w, r, b, lengths, h), List.of(y, last));
        Tensor batchY = draw(BATCH, STEPS, directions, HIDDEN);
        Tensor batchLast = draw(BATCH, directions, HIDDEN);

        new Gru(options(direction, true), false)
                .evaluate(
                        List.of(transpose(x, 1, 0, 2), w, r, b, lengths, transpose(h, 1, 0, 2)),
                        List.of(batchY, batchLast));

        assertThat(batchY.toFloatArray()).isEqualTo(transpose(y, 2, 0, 1, 3).toFloatArray());
        assertThat(batchLast.toFloatArray()).isEqualTo(transpose(last, 1, 0, 2).toFloatArray());
    }

    @Test
    void infersTheShapesOfBothLayouts() {
        String[] weights = {"2x20x3", "2x20x5"};

        assertThat(
                        TypeRules.inferAll(
                                new Lstm(options(Direction.BIDIRECTIONAL, false), false),
                                3,
                                "Sx4x3",
                                weights[0],
                                weights[1]))
                .containsExactly("Sx2x4x5", "2x4x5", "2x4x5");
        assertThat(
                        TypeRules.inferAll(
                                new Lstm(options(Direction.BIDIRECTIONAL, true), false),
                                3,
                                "4xSx3",
                                weights[0],
                                weights[1]))
                .containsExactly("4xSx2x5", "4x2x5", "4x2x5");
    }

    @Test
    void refusesWhatDoesNotFit() {
        Rnn rnn = new Rnn(options(Direction.FORWARD, false));

        assertThatThrownBy(() -> TypeRules.infer(rnn, "4x1x3", "1x6x3", "1x5x5"))
                .hasMessageContaining("extent of axis 1 of W: expected 5, found 6");
        assertThatThrownBy(() -> TypeRules.infer(rnn, "4x3", "1x5x3", "1x5x5")).hasMessageContaining("rank of X");
        Tensor y = Tensor.allocate(DType.FLOAT32, Shape.of(2, 1, 1, 1));
        List<Tensor> operands =
                Arrays.asList(draw(2, 1, 1), draw(1, 1, 1), draw(1, 1, 1), null, Tensor.of(Shape.of(1), 3));
        assertThatThrownBy(() -> rnn.evaluate(operands, List.of(y)))
                .hasMessage("length of sequence 0: expected 0 to 2, found 3");
        assertThatThrownBy(() ->
                        new RecurrentOptions(Direction.FORWARD, 1, 0, false, List.of("Cosine"), List.of(), List.of()))
                .hasMessage("attribute activations: unknown function 'Cosine'");
    }
}
