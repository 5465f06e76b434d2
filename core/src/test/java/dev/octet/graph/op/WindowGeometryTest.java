package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.op.Window.AutoPad;
import dev.octet.graph.op.WindowGeometry.Axis;
import dev.octet.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowGeometryTest {
    private static Window window(AutoPad pad, long stride) {
        return new Window(pad, List.of(), List.of(stride), List.of(), List.of());
    }

    @Test
    void declaredPadding() {
        Window window = Window.of(3, 2).withStrides(2, 1).withPads(1, 0, 2, 1).withDilations(1, 2);

        WindowGeometry geometry = WindowGeometry.of(window, Shape.of(1, 4, 9, 5), Shape.of(8, 4, 3, 2));

        assertThat(geometry.axes()).containsExactly(new Axis(9, 3, 2, 1, 1, 2, 5), new Axis(5, 2, 1, 2, 0, 1, 4));
        assertThat(geometry.axis(1).dilatedKernel()).isEqualTo(3);
        assertThat(geometry.outputExtents()).containsExactly(5, 4);
    }

    @ParameterizedTest
    @CsvSource({
        "SAME_UPPER, 7, 4, 2, 1, 2, 4",
        "SAME_LOWER, 7, 4, 2, 2, 1, 4",
        "SAME_UPPER, 6, 1, 2, 0, 0, 3",
        "VALID, 7, 4, 2, 0, 0, 2",
    })
    void foundPadding(AutoPad pad, long input, long kernel, long stride, long begin, long end, long output) {
        WindowGeometry geometry = WindowGeometry.of(window(pad, stride), Shape.of(1, 1, input), Shape.of(1, 1, kernel));

        assertThat(geometry.axes()).containsExactly(new Axis(input, kernel, stride, 1, begin, end, output));
    }

    @ParameterizedTest
    @CsvSource({"5, 3, 2, 0, 2", "6, 3, 2, 0, 3", "6, 3, 2, 1, 4", "6, 2, 3, 1, 3", "4, 1, 3, 1, 2"})
    void poolsThatRoundUpStartNoWindowInThePaddingAtTheEnd(
            long input, long kernel, long stride, long pad, long output) {
        Window window = Window.of(kernel).withStrides(stride).withPads(pad, pad);
        Pool pool = new Pool(PoolFunction.MAX, window, true, false, false, 2);

        assertThat(WindowGeometry.of(pool, Shape.of(1, 1, input)).axis(0).output()).isEqualTo(output);
    }

    @Test
    void transposed() {
        ConvTranspose declared =
                new ConvTranspose(Window.of(3).withStrides(2).withPads(1, 1), 1, List.of(1L), List.of());
        ConvTranspose wanted = new ConvTranspose(window(AutoPad.NOTSET, 2), 1, List.of(), List.of(6L));
        ConvTranspose same = new ConvTranspose(window(AutoPad.SAME_UPPER, 2), 1, List.of(), List.of());
        ConvTranspose spread = new ConvTranspose(window(AutoPad.SAME_UPPER, 3), 1, List.of(), List.of());

        assertThat(transposed(declared, 3)).isEqualTo(new Axis(4, 3, 2, 1, 1, 0, 8));
        assertThat(transposed(wanted, 3)).isEqualTo(new Axis(4, 3, 2, 1, 2, 1, 6));
        assertThat(transposed(same, 3)).isEqualTo(new Axis(4, 3, 2, 1, 0, 1, 8));
        assertThat(transposed(spread, 1))
                .as("longer than the windows reach")
                .isEqualTo(new Axis(4, 1, 3, 1, 0, -2, 12));
    }

    private static Axis transposed(ConvTranspose op, long kernel) {
        return WindowGeometry.of(op, Shape.of(1, 2, 4), Shape.of(2, 3, kernel)).axis(0);
    }

    @Test
    void windowsThatDoNotFit() {
        assertThatThrownBy(() -> WindowGeometry.of(Window.of(5).withPads(1, 0), Shape.of(1, 1, 3), Shape.of(1, 1, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "a window of 5 (kernel 5, dilation 1) does not fit in an extent of 4"
                                + " (input 3, padding 1 and 0)");
        assertThatThrownBy(() -> WindowGeometry.of(Window.of(3), Shape.of(1, 1, 3, 3), Shape.of(1, 1, 3, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("attribute kernel_shape: expected 2 numbers");
        assertThatThrownBy(() -> WindowGeometry.of(Window.of(), Shape.of(1, 3), Shape.of(1, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rank of input: expected at least 3, found 2");
    }
}
