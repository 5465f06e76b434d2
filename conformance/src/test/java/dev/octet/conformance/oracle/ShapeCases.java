package dev.octet.conformance.oracle;

import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pad.PadMode;
import dev.octet.graph.op.Range;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/// Operators that move elements, or say where they are.
final class ShapeCases {
    private static final List<DType> TYPES =
            List.of(DType.FLOAT32, DType.FLOAT32, DType.INT64, DType.INT32, DType.INT8, DType.UINT8);

    private ShapeCases() {}

    static OracleCase concat(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        DType dtype = g.oneOf(TYPES);
        Shape shape = Draw.shape(g, 1, 4, 7);
        int axis = b.opset() < 11 ? g.integer(0, shape.rank() - 1) : Draw.axis(g, shape.rank());
        List<String> parts = new ArrayList<>();
        for (int i = g.integer(1, 4); i > 0; i--) {
            Tensor part = Draw.values(g, dtype, shape.with(axis, g.integer(0, 12) == 0 ? 0 : g.integer(1, 6)));
            parts.add(parts.isEmpty() ? b.input(part) : b.operand(part));
        }
        return b.build(Tolerance.EXACT, b.add(new Concat(axis), parts.toArray(String[]::new)));
    }

    static OracleCase constantOfShape(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        Tensor value = Draw.values(g, g.oneOf(TYPES), Shape.of(1));
        return b.build(Tolerance.EXACT, b.add(new ConstantOfShape(value), shape(b, g, Draw.shape(g, 0, 4, 5))));
    }

    /// A shape as an operand: constant, or found by the graph from an input of that shape.
    private static String shape(CaseBuilder b, Generator g, Shape shape) {
        return g.flip() && shape.rank() > 0
                ? b.add(new ShapeOf(0, null), b.input(Tensor.allocate(DType.FLOAT32, shape)))
                : b.constant(Tensor.vector(shape.dims()));
    }

    static OracleCase expand(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 8);
        Shape shape = Draw.shape(g, 0, 4, 6);
        Tensor x = Draw.values(g, g.oneOf(TYPES), Draw.broadcastTo(g, shape));
        return b.build(Tolerance.EXACT, b.add(new Expand(), b.input(x), shape(b, g, Draw.broadcastTo(g, shape))));
    }

    static OracleCase flatten(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        Shape shape = Draw.shape(g, 0, 4, 6);
        int axis = g.integer(b.opset() < 11 ? 0 : -shape.rank(), shape.rank());
        return b.build(Tolerance.EXACT, b.add(new Flatten(axis), b.input(Draw.values(g, g.oneOf(TYPES), shape))));
    }

    static OracleCase gather(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 4, 7);
        int axis = Draw.axis(g, shape.rank());
        int extent = (int) shape.dim(axis);
        DType type = g.oneOf(List.of(DType.INT64, DType.INT32));
        Tensor indices = g.integers(type, Draw.shape(g, 0, 2, 5), -extent, extent - 1);
        String x = b.operand(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new Gather(axis), x, b.operand(indices)));
    }

    static OracleCase pad(Generator g) {
        PadMode mode =
                g.oneOf(List.of(PadMode.CONSTANT, PadMode.CONSTANT, PadMode.REFLECT, PadMode.EDGE, PadMode.WRAP));
        CaseBuilder b = new CaseBuilder(g, mode == PadMode.WRAP ? 19 : 11);
        DType dtype = b.opset() < 13 ? DType.FLOAT32 : g.oneOf(TYPES);
        Shape shape = g.shape(1, 4, 6);
        boolean withAxes = b.opset() >= 18 && g.flip();
        long[] axes = withAxes ? Draw.axes(g, shape.rank(), 1) : LongStream.range(0, shape.rank()).toArray();
        long[] pads = new long[2 * axes.length];
        for (int i = 0; i < pads.length; i++) {
            int extent = (int) shape.dim((int) axes[i % axes.length]);
            int most = mode == PadMode.REFLECT ? extent - 1 : mode == PadMode.WRAP ? extent : 3;
            boolean cuts = mode == PadMode.CONSTANT && g.integer(0, 4) == 0;
            pads[i] = g.integer(cuts ? -(extent / 2) : 0, Math.min(most, 3));
        }
        String x = b.input(Draw.values(g, dtype, shape));
        String padsOperand = b.constant(Tensor.vector(pads));
        String value = mode == PadMode.CONSTANT && g.flip() ? b.constant(Draw.values(g, dtype, Shape.SCALAR)) : "";
        Pad op = new Pad(mode);
        if (withAxes) {
            String axesOperand = b.constant(Tensor.vector(Draw.someNegative(g, axes, shape.rank())));
            return b.build(Tolerance.EXACT, b.add(op, x, padsOperand, value, axesOperand));
        }
        return b.build(Tolerance.EXACT, value.isEmpty() ? b.add(op, x, padsOperand) : b.add(op, x, padsOperand, value));
    }

    static OracleCase range(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        DType dtype = g.oneOf(List.of(DType.FLOAT32, DType.INT32, DType.INT64));
        double start = g.integer(-9, 9);
        double delta = g.oneOf(List.of(1.0, 2.0, 3.0, -1.0, -2.0)) * (dtype == DType.FLOAT32 ? 0.5 : 1);
        double limit = start + delta * g.integer(-2, 20) + (dtype == DType.FLOAT32 ? 0.25 : 0);
        return b.build(
                Tolerance.EXACT,
                b.add(
                        new Range(),
                        b.constant(Tensor.scalar(dtype, start)),
                        b.constant(Tensor.scalar(dtype, limit)),
                        b.constant(Tensor.scalar(dtype, delta))));
    }

    static OracleCase reshape(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = g.shape(1, 4, 6);
        long[] target = LongStream.of(shape.dims()).toArray();
        switch (g.integer(0, 3)) {
            case 0 -> target = new long[] {-1};
            case 1 -> target = new long[] {1, shape.elementCount(), 1};
            case 2 -> target[g.integer(0, target.length - 1)] = -1;
            default -> target[g.integer(0, target.length - 1)] = 0;
        }
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new Reshape(false), x, b.constant(Tensor.vector(target))));
    }

    static OracleCase shapeOf(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = Draw.shape(g, 0, 5, 7);
        ShapeOf op =
                b.opset() < 15
                        ? new ShapeOf(0, null)
                        : new ShapeOf(
                                g.integer(-shape.rank() - 1, shape.rank()), g.flip() ? null : (long) g.integer(-7, 7));
        return b.build(Tolerance.EXACT, b.add(op, b.input(Draw.values(g, g.oneOf(TYPES), shape))));
    }

    static OracleCase slice(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        Shape shape = g.shape(1, 4, 9);
        long[] axes = Draw.axes(g, shape.rank(), 1);
        boolean all = axes.length == shape.rank() && g.flip();
        if (all) {
            Arrays.sort(axes);
        }
        long[] starts = new long[axes.length];
        long[] ends = new long[axes.length];
        long[] steps = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            int extent = (int) shape.dim((int) axes[i]);
            starts[i] = g.integer(-extent - 1, extent);
            ends[i] = g.integer(-extent - 1, extent + 2);
            steps[i] = g.flip() ? 1 : g.oneOf(List.of(2, 3, -1, -2));
            if (g.integer(0, 4) == 0) {
                // Backwards, ONNX Runtime gives the largest number a meaning of its own.
                ends[i] = steps[i] < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            }
        }
        boolean narrow = g.integer(0, 3) == 0;
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        String start = b.constant(ints(starts, narrow));
        String end = b.constant(ints(ends, narrow));
        boolean stepped = Arrays.stream(steps).anyMatch(s -> s != 1);
        if (all && !stepped) {
            return b.build(Tolerance.EXACT, b.add(new Slice(), x, start, end));
        }
        String axesOperand = b.constant(ints(Draw.someNegative(g, axes, shape.rank()), narrow));
        return b.build(
                Tolerance.EXACT,
                stepped
                        ? b.add(new Slice(), x, start, end, axesOperand, b.constant(ints(steps, narrow)))
                        : b.add(new Slice(), x, start, end, axesOperand));
    }

    private static Tensor ints(long[] values, boolean narrow) {
        return narrow ? Tensor.vector(values).cast(DType.INT32) : Tensor.vector(values);
    }

    static OracleCase split(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int parts = g.integer(1, 4);
        long[] extents = Draw.extents(g, parts, 1, 4);
        boolean equal = g.flip();
        if (equal) {
            Arrays.fill(extents, extents[0]);
        }
        Shape shape = g.shape(1, 4, 6);
        int axis = Draw.axis(g, shape.rank());
        long total = Arrays.stream(extents).sum();
        boolean uneven = equal && b.opset() >= 18 && extents[0] > 1 && g.flip();
        String x = b.input(Draw.values(g, DType.FLOAT32, shape.with(axis, uneven ? total - 1 : total)));
        return b.build(
                Tolerance.EXACT,
                equal
                        ? b.add(new Split(axis, b.opset() >= 18 ? parts : 0), parts, x)
                        : b.add(new Split(axis, 0), parts, x, b.constant(Tensor.vector(extents))));
    }

    static OracleCase squeeze(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 5, 4);
        long[] axes = Draw.axes(g, shape.rank(), 1);
        for (long axis : axes) {
            shape = shape.with((int) axis, 1);
        }
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        if (g.integer(0, 3) == 0) {
            return b.build(Tolerance.EXACT, b.add(new Squeeze(), x));
        }
        long[] given = Draw.someNegative(g, axes, shape.rank());
        return b.build(Tolerance.EXACT, b.add(new Squeeze(), x, b.constant(Tensor.vector(given))));
    }

    static OracleCase tile(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = g.shape(1, 4, 5);
        Tensor repeats = Tensor.vector(Draw.extents(g, shape.rank(), g.integer(0, 9) == 0 ? 0 : 1, 3));
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new Tile(), x, b.constant(repeats)));
    }

    static OracleCase transpose(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = Draw.shape(g, 0, 5, 6);
        List<Long> perm = g.integer(0, 4) == 0 ? List.of() : Draw.list(Draw.permutation(g, shape.rank()));
        return b.build(Tolerance.EXACT, b.add(new Transpose(perm), b.input(Draw.values(g, g.oneOf(TYPES), shape))));
    }

    static OracleCase unsqueeze(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = Draw.shape(g, 0, 3, 6);
        int added = g.integer(1, 3);
        int rank = shape.rank() + added;
        long[] axes = Arrays.copyOf(Draw.permutation(g, rank), added);
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        long[] given = Draw.someNegative(g, axes, rank);
        return b.build(Tolerance.EXACT, b.add(new Unsqueeze(), x, b.constant(Tensor.vector(given))));
    }
}
