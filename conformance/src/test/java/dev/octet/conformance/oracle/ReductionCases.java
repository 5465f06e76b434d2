package dev.octet.conformance.oracle;

import dev.octet.graph.op.ArgReduce;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Softmax;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Arrays;
import java.util.List;

/// Reductions, and what normalizes by them.
final class ReductionCases {
    private ReductionCases() {}

    static OracleCase reduce(Generator g, ReduceFunction function) {
        boolean ordered = function == ReduceFunction.MAX || function == ReduceFunction.MIN;
        DType dtype =
                function == ReduceFunction.SUM || ordered
                        ? g.oneOf(List.of(DType.FLOAT32, DType.FLOAT32, DType.INT32, DType.INT64))
                        : DType.FLOAT32;
        CaseBuilder b = new CaseBuilder(g, 13);
        int since = function == ReduceFunction.SUM ? 13 : 18;
        Shape shape = g.shape(1, 5, 8);
        Tensor x =
                switch (function) {
                    case LOG_SUM -> g.floats(shape, 0.1f, 3);
                    case PROD -> g.floats(shape, -1.2f, 1.2f);
                    default -> Draw.values(g, dtype, shape);
                };
        boolean identity = b.opset() >= since && (ordered || function == ReduceFunction.SUM) && g.flip();
        Reduce op = new Reduce(function, g.flip(), identity);
        String input = b.input(x);
        if (g.integer(0, 4) == 0) {
            return b.build(Tolerance.SUM, b.add(op, input));
        }
        long[] axes = Draw.axes(g, shape.rank(), 1);
        String operand = b.constant(Tensor.vector(Draw.someNegative(g, axes, shape.rank())));
        return b.build(Tolerance.SUM, b.add(op, input, operand));
    }

    static OracleCase argReduce(Generator g, boolean max) {
        DType dtype = g.oneOf(List.of(DType.FLOAT32, DType.INT32, DType.UINT8));
        CaseBuilder b = new CaseBuilder(g, dtype == DType.UINT8 ? 13 : 12);
        Shape shape = g.shape(1, 4, 9);
        int axis = Draw.axis(g, shape.rank());
        // Few distinct values, so that there are ties.
        Tensor x = g.integers(DType.INT8, shape, 0, 5).cast(dtype);
        return b.build(Tolerance.EXACT, b.add(new ArgReduce(max, axis, g.flip(), g.flip()), b.input(x)));
    }

    static OracleCase softmax(Generator g, boolean log) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 4, 12);
        Tensor x = g.floats(shape, -8, 8);
        boolean flattened = g.integer(0, 3) == 0;
        return b.build(Tolerance.SUM, b.add(new Softmax(Draw.axis(g, shape.rank()), log, flattened), b.input(x)));
    }

    static OracleCase batchNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        int channels = Draw.channels(g);
        Shape shape =
                g.integer(0, 4) == 0
                        ? Shape.of(g.integer(1, 4), channels)
                        : WindowCases.shape(g.integer(1, 2), channels, Draw.extents(g, g.integer(1, 3), 1, 6));
        return b.build(
                Tolerance.SUM,
                b.add(
                        new BatchNormalization(g.flip() ? 1e-5f : 1e-3f),
                        b.input(g.floats(shape, -3, 3)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)),
                        b.weights(g.floats(Shape.of(channels), 0.1f, 4))));
    }

    static OracleCase instanceNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        int channels = Draw.channels(g);
        Shape shape = WindowCases.shape(g.integer(1, 2), channels, Draw.extents(g, g.integer(1, 3), 2, 7));
        return b.build(
                new Tolerance(5e-5, 2e-5),
                b.add(
                        new InstanceNormalization(1e-3f),
                        b.input(g.floats(shape, -3, 3)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)),
                        b.weights(g.floats(Shape.of(channels), -2, 2))));
    }

    static OracleCase layerNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 17);
        Shape shape = g.shape(1, 4, 20);
        int axis = Draw.axis(g, shape.rank());
        int from = Shape.normalizeAxis(axis, shape.rank());
        Shape normalized = Shape.of(Arrays.copyOfRange(shape.dims(), from, shape.rank()));
        LayerNormalization op = new LayerNormalization(axis, 1e-2f);
        String x = b.input(g.floats(shape, -3, 3));
        String scale = b.weights(g.floats(normalized, -2, 2));
        String bias = g.integer(0, 3) == 0 ? "" : b.weights(g.floats(normalized, -2, 2));
        int outputs = g.integer(0, 3) == 0 ? 3 : 1;
        // ONNX Runtime (layer_norm_impl.cc) takes the variance as a difference of means, which cancels where it is
        // small,
        // and adds a row up one by one in float: where all numbers of a row are alike, every rounding has the same
        // sign.
        double rounding = normalized.elementCount() * Math.ulp(3f) / 2 / Math.sqrt(1e-2f) * 2;
        Tolerance tolerance = new Tolerance(1e-4 + rounding, 1e-4);
        return b.build(tolerance, bias.isEmpty() ? b.add(op, outputs, x, scale) : b.add(op, outputs, x, scale, bias));
    }
}
