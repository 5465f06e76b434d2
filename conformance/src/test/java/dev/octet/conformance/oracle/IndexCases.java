package dev.octet.conformance.oracle;

import dev.octet.graph.op.CenterCropPad;
import dev.octet.graph.op.Compress;
import dev.octet.graph.op.Cumulative;
import dev.octet.graph.op.DepthSpace;
import dev.octet.graph.op.EyeLike;
import dev.octet.graph.op.GatherElements;
import dev.octet.graph.op.GatherND;
import dev.octet.graph.op.NonZero;
import dev.octet.graph.op.OneHot;
import dev.octet.graph.op.ReverseSequence;
import dev.octet.graph.op.ScatterElements;
import dev.octet.graph.op.ScatterND;
import dev.octet.graph.op.ScatterReduction;
import dev.octet.graph.op.SizeOf;
import dev.octet.graph.op.TopK;
import dev.octet.graph.op.Trilu;
import dev.octet.graph.op.Unique;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;

/// Operators that find elements, or put them somewhere, by index, order or condition.
final class IndexCases {
    private static final List<DType> TYPES = List.of(DType.FLOAT32, DType.FLOAT32, DType.INT64, DType.INT32);

    private IndexCases() {}

    private static Tensor indices(Generator g, Shape shape, long extent) {
        return g.integers(
                g.oneOf(List.of(DType.INT64, DType.INT32)),
                shape,
                Math.toIntExact(-extent),
                Math.toIntExact(extent - 1));
    }

    static OracleCase gatherElements(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 4, 6);
        int axis = Draw.axis(g, shape.rank());
        Shape picked = fitted(Shape.of(Draw.extents(g, shape.rank(), 1, 6)), shape, axis);
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(
                Tolerance.EXACT, b.add(new GatherElements(axis), x, b.operand(indices(g, picked, shape.dim(axis)))));
    }

    /// Extents of at most the data's on all axes but one.
    private static Shape fitted(Shape wanted, Shape data, int axis) {
        Shape shape = wanted;
        for (int i = 0; i < data.rank(); i++) {
            if (i != Shape.normalizeAxis(axis, data.rank())) {
                shape = shape.with(i, Math.min(wanted.dim(i), data.dim(i)));
            }
        }
        return shape;
    }

    static OracleCase scatterElements(Generator g) {
        ScatterReduction reduction = g.oneOf(List.of(ScatterReduction.values()));
        CaseBuilder b = new CaseBuilder(g, reduction == ScatterReduction.NONE ? 11 : 18);
        DType dtype = g.oneOf(TYPES);
        Shape shape = g.shape(1, 4, 6);
        int axis = Draw.axis(g, shape.rank());
        // Without a reduction the last of two at one place is not defined, so that each place is named once.
        boolean once = reduction == ScatterReduction.NONE;
        Shape put = fitted(Shape.of(Draw.extents(g, shape.rank(), 1, 4)), shape, axis).with(axis, once ? 1 : 5);
        String x = b.input(Draw.values(g, dtype, shape));
        String indices = b.operand(indices(g, put, shape.dim(axis)));
        String updates = b.operand(Draw.values(g, dtype, put));
        return b.build(Tolerance.SUM, b.add(new ScatterElements(axis, reduction), x, indices, updates));
    }

    static OracleCase gatherND(Generator g) {
        Shape shape = g.shape(1, 4, 5);
        int batch = g.integer(0, shape.rank() - 1);
        CaseBuilder b = new CaseBuilder(g, 12);
        int length = g.integer(1, shape.rank() - batch);
        long[] dims = new long[batch + 2];
        System.arraycopy(shape.dims(), 0, dims, 0, batch);
        dims[batch] = g.integer(1, 4);
        dims[batch + 1] = length;
        Tensor indices = tuples(g, Shape.of(dims), shape, batch);
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new GatherND(batch), x, b.operand(indices)));
    }

    private static Tensor tuples(Generator g, Shape indices, Shape data, int batch) {
        Tensor tensor = Tensor.allocate(DType.INT64, indices);
        long length = indices.dim(-1);
        for (long i = 0; i < tensor.elementCount(); i++) {
            int extent = Math.toIntExact(data.dim((int) (batch + i % length)));
            tensor.setLong(i, g.integer(-extent, extent - 1));
        }
        return tensor;
    }

    static OracleCase scatterND(Generator g) {
        ScatterReduction reduction = g.oneOf(List.of(ScatterReduction.values()));
        CaseBuilder b = new CaseBuilder(g, reduction == ScatterReduction.NONE ? 11 : 18);
        DType dtype = g.oneOf(TYPES);
        Shape shape = g.shape(1, 4, 5);
        int length = g.integer(1, shape.rank());
        int count = reduction == ScatterReduction.NONE ? 1 : g.integer(1, 4);
        long[] updates = new long[1 + shape.rank() - length];
        updates[0] = count;
        System.arraycopy(shape.dims(), length, updates, 1, shape.rank() - length);
        String x = b.input(Draw.values(g, dtype, shape));
        String indices = b.operand(tuples(g, Shape.of(count, length), shape, 0));
        String values = b.operand(Draw.values(g, dtype, Shape.of(updates)));
        return b.build(Tolerance.SUM, b.add(new ScatterND(reduction), x, indices, values));
    }

    static OracleCase trilu(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 14);
        String x = b.input(Draw.values(g, g.oneOf(List.of(DType.FLOAT32, DType.INT64)), g.shape(2, 4, 6)));
        return b.build(
                Tolerance.EXACT,
                g.flip()
                        ? b.add(new Trilu(g.flip()), x)
                        : b.add(new Trilu(g.flip()), x, b.operand(Tensor.scalar((long) g.integer(-7, 7)))));
    }

    static OracleCase eyeLike(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        DType type = g.oneOf(List.of(DType.FLOAT32, DType.INT32, DType.INT64, DType.FLOAT64));
        String x = b.input(Draw.values(g, g.oneOf(TYPES), g.shape(2, 2, 7)));
        return b.build(Tolerance.EXACT, b.add(new EyeLike(g.flip() ? null : type, g.integer(-7, 7)), x));
    }

    static OracleCase oneHot(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 3, 5);
        DType type = g.oneOf(List.of(DType.FLOAT32, DType.INT64));
        String indices = b.input(g.integers(DType.INT64, shape, -6, 6));
        String depth = b.constant(Tensor.vector(g.integer(1, 6)));
        String values = b.operand(Draw.values(g, type, Shape.of(2)));
        return b.build(Tolerance.EXACT, b.add(new OneHot(Draw.axis(g, shape.rank() + 1)), indices, depth, values));
    }

    static OracleCase topK(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 4, 7);
        int axis = Draw.axis(g, shape.rank());
        DType type = g.oneOf(TYPES);
        String x = b.input(Draw.values(g, type, shape));
        String k = b.operand(Tensor.vector(g.integer(0, (int) shape.dim(axis))));
        return b.build(Tolerance.EXACT, b.add(new TopK(axis, g.flip(), true), 2, x, k));
    }

    static OracleCase unique(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 3, 5);
        Long axis = g.flip() ? null : (Long) (long) Draw.axis(g, shape.rank());
        String x = b.input(g.integers(DType.INT64, shape, 0, 3).cast(g.oneOf(List.of(DType.INT64, DType.FLOAT32))));
        return b.build(Tolerance.EXACT, b.add(new Unique(axis, g.flip()), 4, x));
    }

    static OracleCase nonZero(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        DType type = g.oneOf(List.of(DType.FLOAT32, DType.INT64, DType.INT32, DType.BOOL));
        String x = b.input(g.integers(DType.INT64, Draw.shape(g, 1, 4, 5), -1, 1).cast(type));
        return b.build(Tolerance.EXACT, b.add(new NonZero(), x));
    }

    static OracleCase compress(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        Shape shape = g.shape(1, 4, 5);
        Long axis = g.flip() ? null : (Long) (long) (b.opset() < 11 ? 0 : Draw.axis(g, shape.rank()));
        long extent = axis == null ? shape.elementCount() : shape.dim(Math.toIntExact(axis));
        Tensor condition = Draw.values(g, DType.BOOL, Shape.of(g.integer(1, (int) extent)));
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new Compress(axis), x, b.operand(condition)));
    }

    static OracleCase cumSum(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape shape = g.shape(1, 4, 6);
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        String axis = b.constant(Tensor.scalar((long) Draw.axis(g, shape.rank())));
        return b.build(Tolerance.SUM, b.add(new Cumulative(false, g.flip(), g.flip()), x, axis));
    }

    static OracleCase reverseSequence(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        Shape shape = g.shape(2, 4, 6);
        int batch = g.integer(0, 1);
        int steps = Math.toIntExact(shape.dim(1 - batch));
        Tensor lengths = g.integers(DType.INT64, Shape.of(shape.dim(batch)), 1, steps);
        String x = b.input(Draw.values(g, g.oneOf(TYPES), shape));
        return b.build(Tolerance.EXACT, b.add(new ReverseSequence(batch, 1 - batch), x, b.operand(lengths)));
    }

    static OracleCase depthSpace(Generator g, boolean toSpace) {
        CaseBuilder b = new CaseBuilder(g, toSpace ? 11 : 7);
        int block = g.integer(1, 3);
        long[] d = Draw.extents(g, 4, 1, 4);
        Shape shape =
                toSpace
                        ? Shape.of(d[0], d[1] * block * block, d[2], d[3])
                        : Shape.of(d[0], d[1], d[2] * block, d[3] * block);
        String x = b.input(g.floats(shape, -3, 3));
        return b.build(Tolerance.EXACT, b.add(new DepthSpace(toSpace, block, toSpace && g.flip()), x));
    }

    static OracleCase centerCropPad(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 18);
        Shape shape = g.shape(1, 4, 7);
        boolean all = g.flip();
        long[] axes = Draw.axes(g, shape.rank(), 1);
        long[] extents = Draw.extents(g, all ? shape.rank() : axes.length, 1, 8);
        CenterCropPad op = new CenterCropPad(all ? List.of() : Draw.list(Draw.someNegative(g, axes, shape.rank())));
        String x = b.input(g.floats(shape, -3, 3));
        return b.build(Tolerance.EXACT, b.add(op, x, b.constant(Tensor.vector(extents))));
    }

    static OracleCase size(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        return b.build(
                Tolerance.EXACT, b.add(new SizeOf(), b.input(Draw.values(g, g.oneOf(TYPES), Draw.shape(g, 0, 4, 5)))));
    }
}
