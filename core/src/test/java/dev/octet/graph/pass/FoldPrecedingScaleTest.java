package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class FoldPrecedingScaleTest {
    private static final Pass FOLD = new FoldPrecedingScale().then(new DeadCodeElimination());

    /// Relu, which stays, then `x·s + t`, then a convolution.
    private static Graph folded(PassCase c, boolean shift, Window window, int group, long... constant) {
        int channels = 2 * group;
        String x = c.unary(UnaryFunction.RELU, c.input("x", 2, channels, 5, 5));
        String y = c.binary(BinaryFunction.MUL, c.constant("s", constant), x);
        String z = shift ? c.binary(BinaryFunction.ADD, y, c.constant("t", constant)) : y;
        String weights = c.constant("w", 3L * group, 2, 3, 3);
        return c.check(FOLD, c.build(c.add(new Conv(window, group), z, weights)));
    }

    @RepeatedTest(5)
    void unpaddedConvolutionsTakeFactorsAndSummands(RepetitionInfo repetition) {
        PassCase c = new PassCase(repetition.getCurrentRepetition());
        int group = c.integer(1, 3);
        for (long[] constant : List.of(new long[] {}, new long[] {1}, new long[] {2L * group, 1, 1})) {
            PassCase fresh = new PassCase(repetition.getCurrentRepetition());
            Graph after = folded(fresh, true, Window.of(3, 3), group, constant);
            assertThat(PassCase.types(after)).containsExactly("Relu", "Conv");
        }
    }

    @Test
    void paddedConvolutionsTakeFactorsOnly() {
        Window padded = Window.of(3, 3).withPads(1, 1, 1, 1);
        assertThat(PassCase.types(folded(new PassCase(1), false, padded, 2, 4, 1, 1))).containsExactly("Relu", "Conv");
        assertThat(PassCase.types(folded(new PassCase(2), true, padded, 2, 4, 1, 1)))
                .containsExactly("Relu", "Mul", "Add", "Conv");
        Window same = new Window(Window.AutoPad.SAME_UPPER, List.of(3L, 3L), List.of(), List.of(), List.of());
        assertThat(PassCase.types(folded(new PassCase(3), true, same, 1)))
                .containsExactly("Relu", "Mul", "Add", "Conv");
    }

    @Test
    void aConstantThatBroadcastsTheImageStays() {
        PassCase c = new PassCase(4);
        String x = c.input("x", 2, 1, 5, 5);
        String y = c.binary(BinaryFunction.MUL, c.constant("s", 3, 1, 1), x);
        Graph after = c.check(FOLD, c.build(c.add(new Conv(Window.of(3, 3), 1), y, c.constant("w", 2, 3, 3, 3))));
        assertThat(PassCase.types(after)).containsExactly("Mul", "Conv");
    }

    @Test
    void aScaledValueThatOthersReadStays() {
        PassCase c = new PassCase(5);
        String y = c.binary(BinaryFunction.MUL, c.scalar(2), c.input("x", 1, 2, 3, 3));
        String z = c.add(new Conv(Window.of(3, 3), 1), y, c.constant("w", 2, 2, 3, 3));
        Graph after = c.check(FOLD, c.build(c.binary(BinaryFunction.ADD, z, y)));
        assertThat(PassCase.types(after)).containsExactly("Mul", "Conv", "Add");
    }
}
