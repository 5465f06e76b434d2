package dev.octet.conformance.oracle;

import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.op.Window.AutoPad;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Arrays;
import java.util.List;

/// Convolutions and poolings.
final class WindowCases {
    private WindowCases() {}

    /// A window and the extents of an input on which it gives at least one output along every axis.
    record Placement(Window window, long[] kernel, long[] input) {}

    /// @param explicit whether the window names its kernel's shape
    static Placement placement(Generator g, int rank, boolean dilated, boolean padded, boolean explicit) {
        AutoPad auto =
                g.integer(0, 3) == 0
                        ? g.oneOf(List.of(AutoPad.SAME_UPPER, AutoPad.SAME_LOWER, AutoPad.VALID))
                        : AutoPad.NOTSET;
        boolean same = auto == AutoPad.SAME_UPPER || auto == AutoPad.SAME_LOWER;
        long[] kernel = Draw.extents(g, rank, 1, rank == 3 ? 3 : 5);
        long[] strides = Draw.extents(g, rank, 1, g.flip() ? 1 : 3);
        if (same) {
            // Where the stride is larger, ONNX Runtime's poolings cut the input at both ends: padding below zero.
            Arrays.setAll(strides, i -> Math.min(strides[i], kernel[i]));
        }
        long[] dilations = Draw.extents(g, rank, 1, dilated && !same && g.integer(0, 2) == 0 ? 3 : 1);
        long[] pads = new long[2 * rank];
        long[] input = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            long covered = (kernel[axis] - 1) * dilations[axis] + 1;
            if (padded && auto == AutoPad.NOTSET) {
                // ONNX Runtime refuses poolings with more.
                int most = (int) kernel[axis] - 1;
                pads[axis] = g.integer(0, most);
                pads[axis + rank] = g.flip() ? pads[axis] : g.integer(0, most);
            }
            long least = same ? 1 : Math.max(1, covered - pads[axis] - pads[axis + rank]);
            input[axis] = least + g.integer(0, rank == 1 ? 30 : rank == 2 ? 12 : 4);
        }
        Window window =
                new Window(
                        auto,
                        explicit ? Draw.list(kernel) : List.of(),
                        g.flip() || !allOnes(strides) ? Draw.list(strides) : List.of(),
                        auto == AutoPad.NOTSET && Arrays.stream(pads).anyMatch(p -> p > 0)
                                ? Draw.list(pads)
                                : List.of(),
                        allOnes(dilations) ? List.of() : Draw.list(dilations));
        return new Placement(window, kernel, input);
    }

    private static boolean allOnes(long[] values) {
        return Arrays.stream(values).allMatch(v -> v == 1);
    }

    /// Batch and channels, then the given extents.
    static Shape shape(long first, long second, long... spatial) {
        long[] dims = new long[spatial.length + 2];
        dims[0] = first;
        dims[1] = second;
        System.arraycopy(spatial, 0, dims, 2, spatial.length);
        return Shape.of(dims);
    }

    /// Groups of a convolution: how many, and the channels in and out of each.
    record Groups(int count, int in, int out) {
        static Groups draw(Generator g) {
            return switch (g.integer(0, 3)) {
                case 0 -> new Groups(Draw.channels(g), 1, 1);
                case 1 -> new Groups(g.integer(2, 4), g.integer(1, 4), g.integer(1, 4));
                default -> new Groups(1, Draw.channels(g), Draw.channels(g));
            };
        }
    }

    static OracleCase conv(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Placement p = placement(g, g.oneOf(List.of(1, 2, 2, 2, 3)), true, true, g.flip());
        Groups groups = Groups.draw(g);
        int channels = groups.count * groups.out;
        int batch = g.integer(0, 19) == 0 ? 0 : g.integer(1, 3);
        String x = b.input(g.floats(shape(batch, groups.count * groups.in, p.input), -1, 1));
        String w = b.weights(g.floats(shape(channels, groups.in, p.kernel), -1, 1));
        Conv conv = new Conv(p.window, groups.count);
        return b.build(
                Tolerance.SUM,
                g.flip() ? b.add(conv, x, w) : b.add(conv, x, w, b.weights(g.floats(Shape.of(channels), -1, 1))));
    }

    static OracleCase convTranspose(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Groups groups = Groups.draw(g);
        int rank = g.oneOf(List.of(1, 2, 2, 3));
        long[] kernel = Draw.extents(g, rank, 1, rank == 3 ? 3 : 5);
        long[] strides = Draw.extents(g, rank, 1, 3);
        long[] dilations = Draw.extents(g, rank, 1, g.integer(0, 2) == 0 ? 2 : 1);
        long[] input = Draw.extents(g, rank, 1, rank == 3 ? 4 : 7);
        long[] pads = new long[2 * rank];
        boolean extended = g.flip();
        long[] outputPadding = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            outputPadding[axis] = extended ? g.integer(0, (int) strides[axis] - 1) : 0;
            long extent =
                    strides[axis] * (input[axis] - 1) + outputPadding[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
            int spare = (int) Math.min(extent - 1, kernel[axis]);
            pads[axis] = g.integer(0, spare / 2);
            pads[axis + rank] = g.integer(0, spare / 2);
        }
        Window window =
                new Window(
                        AutoPad.NOTSET, Draw.list(kernel), Draw.list(strides), Draw.list(pads), Draw.list(dilations));
        ConvTranspose op =
                new ConvTranspose(window, groups.count, extended ? Draw.list(outputPadding) : List.of(), List.of());
        String x = b.input(g.floats(shape(g.integer(1, 2), groups.count * groups.in, input), -1, 1));
        String w = b.weights(g.floats(shape(groups.count * groups.in, groups.out, kernel), -1, 1));
        String bias = b.weights(g.floats(Shape.of(groups.count * groups.out), -1, 1));
        return b.build(Tolerance.SUM, g.flip() ? b.add(op, x, w) : b.add(op, x, w, bias));
    }

    static OracleCase pool(Generator g, PoolFunction function) {
        boolean byteMaximum = function == PoolFunction.MAX && g.integer(0, 3) == 0;
        boolean ceil = g.integer(0, 2) == 0;
        boolean includePad = function == PoolFunction.AVERAGE && g.flip();
        // What lies beyond the padding counted before operator set 19.
        int oldest = byteMaximum ? 12 : function == PoolFunction.LP ? 18 : includePad && ceil ? 19 : ceil ? 10 : 8;
        CaseBuilder b = new CaseBuilder(g, oldest);
        boolean mayDilate =
                switch (function) {
                    case MAX -> b.opset() >= 10;
                    case AVERAGE -> b.opset() >= 19;
                    case LP -> true;
                };
        Placement p = placement(g, g.oneOf(List.of(1, 2, 2, 2, 3)), mayDilate, true, true);
        // On bytes, ONNX Runtime finds no index where all elements have the lowest value.
        boolean indices = function == PoolFunction.MAX && !byteMaximum && g.integer(0, 3) == 0;
        Pool op =
                new Pool(
                        function,
                        p.window,
                        ceil,
                        includePad,
                        indices && g.flip(),
                        function == PoolFunction.LP ? g.integer(1, 3) : 2);
        DType dtype = byteMaximum ? g.oneOf(List.of(DType.INT8, DType.UINT8)) : DType.FLOAT32;
        // From 8 channels on, ONNX Runtime's blocked layout still counts it.
        int channels = ceil && includePad ? g.integer(1, 7) : Draw.channels(g);
        String x = b.input(Draw.values(g, dtype, shape(g.integer(1, 2), channels, p.input)));
        return b.build(Tolerance.SUM, b.add(op, indices ? 2 : 1, x));
    }

    static OracleCase globalPool(Generator g, PoolFunction function) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Tensor x = g.floats(shape(g.integer(1, 3), Draw.channels(g), Draw.extents(g, g.integer(1, 3), 1, 7)), -3, 3);
        return b.build(Tolerance.SUM, b.add(new GlobalPool(function), b.input(x)));
    }
}
