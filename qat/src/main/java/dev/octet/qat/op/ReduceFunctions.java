package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Reduce;
import dev.octet.tensor.Shape;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/// Reductions over axes.
final class ReduceFunctions {
    private ReduceFunctions() {}

    static void reduce(NodeRun run, Reduce op) {
        NDArray x = run.array(0);
        int rank = x.getShape().dimension();
        long[] given = run.has(1) ? run.constant(1).toLongArray() : new long[0];
        int[] axes =
                given.length == 0
                        ? op.noopWithEmptyAxes() ? new int[0] : IntStream.range(0, rank).toArray()
                        : Arrays.stream(given).mapToInt(a -> Shape.normalizeAxis(a, rank)).toArray();
        run.result(Shapes.reshape(axes.length == 0 ? x : reduced(x, axes, op), run.shape()));
    }

    /// With the axes kept, at extent 1.
    private static NDArray reduced(NDArray x, int[] axes, Reduce op) {
        return switch (op.function()) {
            case SUM -> x.sum(axes, true);
            case MEAN -> oneByOne(x, axes, (y, axis) -> y.mean(axis, true));
            case MAX -> oneByOne(x, axes, (y, axis) -> y.max(axis, true));
            case MIN -> oneByOne(x, axes, (y, axis) -> y.min(axis, true));
            case PROD -> oneByOne(x, axes, (y, axis) -> y.prod(axis, true));
            case L1 -> x.abs().sum(axes, true);
            case L2 -> x.square().sum(axes, true).sqrt();
            case LOG_SUM -> x.sum(axes, true).log();
            case LOG_SUM_EXP -> {
                // Relative to the largest, lest the exponentials overflow; it cancels in value and gradient.
                NDArray largest = oneByOne(x, axes, (y, axis) -> y.max(axis, true)).stopGradient();
                yield x.sub(largest).exp().sum(axes, true).log().add(largest);
            }
            case SUM_SQUARE -> x.square().sum(axes, true);
        };
    }

    /// DJL takes one axis at a time for these.
    private static NDArray oneByOne(NDArray x, int[] axes, BiFunction<NDArray, int[], NDArray> reduction) {
        NDArray y = x;
        for (int axis : axes) {
            y = reduction.apply(y, new int[] {axis});
        }
        return y;
    }
}
