package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// A strided part of a tensor. Inputs x, starts, ends, axes?, steps? (INT64 or INT32).
public record Slice() implements Op {
    public static Slice of(Attributes attributes) {
        return new Slice();
    }

    @Override
    public String type() {
        return "Slice";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        long[] starts = Operands.indices(inference, 1, "starts");
        long[] ends = Operands.indices(inference, 2, "ends");
        long[] axes = inference.has(3) ? Operands.indices(inference, 3, "axes") : leadingAxes(inference);
        long[] steps = inference.has(4) ? Operands.indices(inference, 4, "steps") : ones(axes);
        if (x == null || axes == null) {
            inference.output(0, dtype, x == null ? null : PartialShape.ofRank(x.rank()));
            return;
        }
        int[] cut = Operands.axes(axes, x.rank());
        if (starts == null || ends == null || steps == null) {
            inference.output(0, dtype, forget(x, cut));
        } else {
            inference.output(0, dtype, cut(x, cut, starts, ends, steps));
        }
    }

    private static PartialShape forget(PartialShape x, int[] axes) {
        PartialShape y = x;
        for (int axis : axes) {
            y = y.with(axis, Dim.UNKNOWN);
        }
        return y;
    }

    private static PartialShape cut(PartialShape x, int[] axes, long[] starts, long[] ends, long[] steps) {
        if (starts.length != axes.length || ends.length != axes.length || steps.length != axes.length) {
            throw Inference.mismatch(
                    "starts, ends, steps",
                    "as many as axes, " + axes.length,
                    starts.length + ", " + ends.length + ", " + steps.length);
        }
        PartialShape y = x;
        for (int i = 0; i < axes.length; i++) {
            y = y.with(axes[i], extent(x.dim(axes[i]), starts[i], ends[i], steps[i]));
        }
        return y;
    }

    private static long @Nullable [] leadingAxes(Inference inference) {
        long count = Operands.count(inference, 1);
        return count < 0 ? null : LongStream.range(0, Extents.rank(count)).toArray();
    }

    private static long @Nullable [] ones(long @Nullable [] axes) {
        return axes == null ? null : LongStream.of(axes).map(_ -> 1).toArray();
    }

    private static Dim extent(Dim dim, long start, long end, long step) {
        if (dim.size() >= 0) {
            return Dim.of(Cut.of(start, end, step, dim.size()).count());
        }
        // Exporters write the whole axis as 0 to a huge number.
        boolean whole = step == 1 && start == 0 && end >= Integer.MAX_VALUE;
        boolean reversed = step == -1 && (start == -1 || start >= Integer.MAX_VALUE) && end <= -Integer.MAX_VALUE;
        return whole || reversed ? dim : Dim.UNKNOWN;
    }

    /// The part of one axis that is taken.
    private record Cut(long first, long step, long count) {
        static Cut of(long start, long end, long step, long extent) {
            if (step == 0) {
                throw Inference.mismatch("steps", "numbers other than 0", step);
            }
            // The smallest step has no negation.
            long stride = Math.max(step, -Long.MAX_VALUE);
            long first = start < 0 ? start + extent : start;
            long last = end < 0 ? end + extent : end;
            if (stride > 0) {
                first = Math.clamp(first, 0, extent);
                last = Math.clamp(last, 0, extent);
                return new Cut(first, stride, Math.max(0, Math.ceilDiv(last - first, stride)));
            }
            // The standard clamps the start to an element that exists, where NumPy would find none.
            first = Math.min(Math.max(first, 0), extent - 1);
            last = Math.min(Math.max(last, -1), extent - 1);
            return new Cut(first, stride, Math.max(0, Math.ceilDiv(first - last, -stride)));
        }
    }

    /// The part as a view of x: the element it starts with, and how far apart its elements lie along each axis.
    ///
    /// @param strides where the part has one element only, that of x
    public record Part(long first, long[] strides) {}

    /// @param x shape of the first input
    /// @param inputs the others, in their places; the first is not looked at
    public static Part part(Shape x, List<@Nullable Tensor> inputs) {
        long[] starts = Operands.get(inputs, 1).toLongArray();
        long[] ends = Operands.get(inputs, 2).toLongArray();
        Tensor axes = Operands.find(inputs, 3);
        Tensor steps = Operands.find(inputs, 4);
        long[] strides = x.strides();
        long first = 0;
        for (int i = 0; i < starts.length; i++) {
            int axis = axes == null ? i : Shape.normalizeAxis(axes.getLong(i), strides.length);
            long step = steps == null ? 1 : steps.getLong(i);
            Cut cut = Cut.of(starts[i], ends[i], step, x.dim(axis));
            first += cut.first() * strides[axis];
            strides[axis] *= cut.count() > 1 ? cut.step() : 1;
        }
        return new Part(first, strides);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        Part part = part(x.shape(), inputs);
        StridedCopy.copy(x, part.first, part.strides, y, 0, y.shape().strides(), y.shape().dims());
    }
}
