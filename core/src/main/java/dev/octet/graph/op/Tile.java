package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Repeats a tensor along each axis. Inputs x, repeats (INT64, one per axis).
public record Tile() implements Op {
    public static Tile of(Attributes attributes) {
        return new Tile();
    }

    @Override
    public String type() {
        return "Tile";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 6;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        long[] repeats = Operands.indices(inference, 1, "repeats");
        long count = repeats == null ? Operands.count(inference, 1) : repeats.length;
        if (x == null) {
            inference.output(0, dtype, count < 0 ? null : PartialShape.ofRank(Extents.rank(count)));
            return;
        }
        if (count >= 0 && count != x.rank()) {
            throw Inference.mismatch("repeats", x.rank() + " numbers", count);
        }
        inference.output(0, dtype, repeats == null ? PartialShape.ofRank(x.rank()) : repeat(x, repeats));
    }

    private static PartialShape repeat(PartialShape x, long[] repeats) {
        List<Dim> dims = new ArrayList<>(x.rank());
        for (int axis = 0; axis < repeats.length; axis++) {
            if (repeats[axis] < 0) {
                throw Inference.mismatch("repeats", "numbers of at least 0", Arrays.toString(repeats));
            }
            dims.add(Extents.multiply(x.dim(axis), Dim.of(repeats[axis])));
        }
        return new PartialShape(dims);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        int rank = x.shape().rank();
        long[] own = x.shape().strides();
        long[] target = y.shape().strides();
        // Each axis becomes two: the repetition, through which the operand stands still, and the axis itself.
        long[] extents = new long[2 * rank];
        long[] from = new long[2 * rank];
        long[] to = new long[2 * rank];
        for (int axis = 0; axis < rank; axis++) {
            long extent = x.shape().dim(axis);
            extents[2 * axis] = extent == 0 ? 0 : y.shape().dim(axis) / extent;
            extents[2 * axis + 1] = extent;
            from[2 * axis + 1] = own[axis];
            to[2 * axis] = extent * target[axis];
            to[2 * axis + 1] = target[axis];
        }
        StridedCopy.copy(x, 0, from, y, 0, to, extents);
    }
}
