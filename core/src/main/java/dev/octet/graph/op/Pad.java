package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Adds elements at the ends of axes, or removes them where a pad is negative. Inputs x, pads (INT64), value?, axes?.
public record Pad(PadMode mode) implements Op {
    public static Pad of(Attributes attributes) {
        return new Pad(attributes.getEnum("mode", PadMode.CONSTANT));
    }

    @Override
    public String type() {
        return "Pad";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("mode", mode).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    /// What is put into the new elements.
    public enum PadMode {
        CONSTANT,
        REFLECT,
        EDGE,
        WRAP
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        Operands.requireSame(inference, 2, "value", dtype);
        Operands.requireScalar(inference, 2, "value");
        PartialShape x = inference.shape(0);
        long[] pads = Operands.indices(inference, 1, "pads");
        long[] axes = inference.has(3) ? Operands.indices(inference, 3, "axes") : null;
        if (x == null || pads == null || (inference.has(3) && axes == null)) {
            inference.output(0, dtype, x == null ? null : PartialShape.ofRank(x.rank()));
            return;
        }
        PartialShape y = x;
        long[][] perAxis = perAxis(pads, axes, x.rank());
        for (int axis = 0; axis < x.rank(); axis++) {
            y = y.with(axis, extent(x.dim(axis), perAxis[axis][0], perAxis[axis][1], axis));
        }
        inference.output(0, dtype, y);
    }

    /// Begin and end pads of every axis.
    private static long[][] perAxis(long[] pads, long @Nullable [] axes, int rank) {
        int[] padded = axes == null ? IntStream.range(0, rank).toArray() : Operands.axes(axes, rank);
        if (pads.length != 2 * padded.length) {
            throw Inference.mismatch("pads", 2 * padded.length + " numbers", Arrays.toString(pads));
        }
        long[][] perAxis = new long[rank][2];
        for (int i = 0; i < padded.length; i++) {
            perAxis[padded[i]][0] = pads[i];
            perAxis[padded[i]][1] = pads[padded.length + i];
        }
        return perAxis;
    }

    private Dim extent(Dim dim, long begin, long end, int axis) {
        long total = Extents.add(begin, end);
        if (dim.size() < 0) {
            return total == 0 ? dim : Dim.UNKNOWN;
        }
        long extent = Extents.add(dim.size(), total);
        // What is cut at one end cannot be made up for at the other.
        long kept = dim.size() + Math.min(0, begin) + Math.min(0, end);
        if (kept < 0) {
            throw Inference.mismatch("pads of axis " + axis, "to leave some of " + dim, begin + " and " + end);
        }
        if (mode != PadMode.CONSTANT && kept == 0 && extent > 0) {
            throw Inference.mismatch("pads of axis " + axis, "elements to repeat", begin + " and " + end);
        }
        return Dim.of(extent);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        Tensor axes = Operands.find(inputs, 3);
        int rank = x.shape().rank();
        long[][] pads = perAxis(Operands.get(inputs, 1).toLongArray(), axes == null ? null : axes.toLongArray(), rank);
        if (mode == PadMode.CONSTANT) {
            padWithValue(x, pads, Operands.find(inputs, 2), y);
            return;
        }
        long[][] tables = new long[rank][];
        for (int axis = 0; axis < rank; axis++) {
            long extent = x.shape().dim(axis);
            tables[axis] = new long[Extents.arrayLength(y.shape().dim(axis))];
            for (int i = 0; i < tables[axis].length; i++) {
                tables[axis][i] = source(i, extent, pads[axis][0], pads[axis][1]);
            }
        }
        IndexTables.copy(x, y, tables);
    }

    /// Copies x into y at the place that the begin and end pads of each axis say; the rest is one value, zero if null.
    static void padWithValue(Tensor x, long[][] pads, @Nullable Tensor value, Tensor y) {
        StridedCopy.fill(y, value == null ? Tensor.allocate(x.dtype(), Shape.SCALAR) : value);
        long[] fromStrides = x.shape().strides();
        long[] toStrides = y.shape().strides();
        long[] extents = x.shape().dims();
        long from = 0;
        long to = 0;
        for (int axis = 0; axis < extents.length; axis++) {
            from += Math.max(0, -pads[axis][0]) * fromStrides[axis];
            to += Math.max(0, pads[axis][0]) * toStrides[axis];
            extents[axis] += Math.min(0, pads[axis][0]) + Math.min(0, pads[axis][1]);
        }
        StridedCopy.copy(x, from, fromStrides, y, to, toStrides, extents);
    }

    /// The input element that an output element repeats.
    private long source(long output, long extent, long begin, long end) {
        long skipped = Math.max(0, -begin);
        long kept = extent - skipped - Math.max(0, -end);
        long position = output - Math.max(0, begin);
        return skipped
                + switch (mode) {
                    case EDGE -> Math.clamp(position, 0, kept - 1);
                    case WRAP -> Math.floorMod(position, kept);
                    default -> {
                        long period = Math.max(1, 2 * (kept - 1));
                        long phase = Math.floorMod(position, period);
                        yield Math.min(phase, period - phase);
                    }
                };
    }
}
