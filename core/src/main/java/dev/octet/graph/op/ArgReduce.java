package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Index of the largest or smallest element along an axis: ONNX ArgMax, ArgMin. Output INT64.
public record ArgReduce(boolean max, int axis, boolean keepDims, boolean selectLast) implements Op {
    @Override
    public String type() {
        return max ? "ArgMax" : "ArgMin";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("axis", (long) axis)
                .put("keepdims", keepDims)
                .put("select_last_index", selectLast)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 12;
    }

    public static ArgReduce of(boolean max, Attributes attributes) {
        return new ArgReduce(
                max,
                attributes.getInt("axis", 0),
                attributes.getBoolean("keepdims", true),
                attributes.getBoolean("select_last_index", false));
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", Operands.NUMERIC);
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, DType.INT64, null);
            return;
        }
        int at = Shape.normalizeAxis(axis, x.rank());
        if (x.size(at) == 0) {
            throw Inference.mismatch("extent of axis " + at + " of " + x, "at least 1", 0);
        }
        List<Dim> dims = new ArrayList<>(x.dims());
        dims.set(at, Dim.of(1));
        if (!keepDims) {
            dims.remove(at);
        }
        inference.output(0, DType.INT64, new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape shape = x.shape();
        int at = Shape.normalizeAxis(axis, shape.rank());
        long inner = shape.product(at + 1, shape.rank());
        long extent = shape.dim(at);
        for (long i = 0; i < outputs.get(0).elementCount(); i++) {
            long start = i / inner * extent * inner + i % inner;
            outputs.get(0).setLong(i, best(x, start, inner, extent));
        }
    }

    private long best(Tensor x, long start, long step, long extent) {
        long best = 0;
        for (long i = 1; i < extent; i++) {
            int order = compare(x, start + i * step, start + best * step);
            if (order > 0 || (order == 0 && selectLast)) {
                best = i;
            }
        }
        return best;
    }

    /// Positive if element `i` is preferred to element `j`. NaN is preferred to all numbers, as in NumPy.
    private int compare(Tensor x, long i, long j) {
        if (!x.dtype().isFloating()) {
            long flip = x.dtype() == DType.UINT64 ? Long.MIN_VALUE : 0;
            int order = Long.compare(x.getLong(i) ^ flip, x.getLong(j) ^ flip);
            return max ? order : -order;
        }
        double a = x.getDouble(i);
        double b = x.getDouble(j);
        if (Double.isNaN(a) || Double.isNaN(b)) {
            return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
        }
        // Not Double.compare, for which zeros differ.
        int order = a > b ? 1 : a < b ? -1 : 0;
        return max ? order : -order;
    }
}
