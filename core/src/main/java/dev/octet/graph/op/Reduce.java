package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reduction over axes: ONNX ReduceSum, ReduceMean, ….
///
/// Inputs x, axes? (INT64); without axes all are reduced, or none if `noopWithEmptyAxes`.
public record Reduce(ReduceFunction function, boolean keepDims, boolean noopWithEmptyAxes) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("keepdims", keepDims).put("noop_with_empty_axes", noopWithEmptyAxes).build();
    }

    @Override
    public int sinceVersion() {
        return function == ReduceFunction.SUM ? 13 : 18;
    }

    public static Reduce of(ReduceFunction function, Attributes attributes) {
        return new Reduce(
                function,
                attributes.getBoolean("keepdims", true),
                attributes.getBoolean("noop_with_empty_axes", false));
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", function.operandTypes());
        PartialShape x = inference.shape(0);
        if (!inference.has(1)) {
            inference.output(0, dtype, reduced(x, new long[0]));
            return;
        }
        long[] axes = Operands.indices(inference, 1, "axes");
        if (axes != null) {
            inference.output(0, dtype, reduced(x, axes));
            return;
        }
        long count = Operands.count(inference, 1);
        if (x == null || (!keepDims && count <= 0)) {
            inference.output(0, dtype, null);
        } else {
            int rank = keepDims ? x.rank() : Extents.rank(x.rank() - count);
            inference.output(0, dtype, PartialShape.ofRank(rank));
        }
    }

    private @Nullable PartialShape reduced(@Nullable PartialShape x, long[] axes) {
        if (x == null) {
            return axes.length == 0 && !noopWithEmptyAxes && !keepDims ? PartialShape.ofRank(0) : null;
        }
        boolean[] reduced = reducedAxes(axes, x.rank());
        List<Dim> dims = new ArrayList<>(x.rank());
        for (int axis = 0; axis < x.rank(); axis++) {
            if (!reduced[axis]) {
                dims.add(x.dim(axis));
            } else if (keepDims) {
                dims.add(Dim.of(1));
            }
        }
        return new PartialShape(dims);
    }

    private boolean[] reducedAxes(long[] axes, int rank) {
        boolean[] reduced = new boolean[rank];
        if (axes.length == 0) {
            Arrays.fill(reduced, !noopWithEmptyAxes);
        }
        for (int axis : Operands.axes(axes, rank)) {
            reduced[axis] = true;
        }
        return reduced;
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        Tensor axes = Operands.find(inputs, 1);
        boolean[] reduced = reducedAxes(axes == null ? new long[0] : axes.toLongArray(), x.shape().rank());
        long[] strides = x.shape().strides();
        long[] kept = x.shape().dims();
        long[] folded = x.shape().dims();
        for (int axis = 0; axis < reduced.length; axis++) {
            kept[axis] = reduced[axis] ? 1 : kept[axis];
            folded[axis] = reduced[axis] ? folded[axis] : 1;
        }
        StridedLoop outer = StridedLoop.of(kept, strides, Shape.of(kept).strides());
        StridedLoop inner = StridedLoop.of(folded, strides);
        outer.forEachRow(
                o -> {
                    for (long i = 0; i < outer.length(); i++) {
                        fold(x, o[0] + i * outer.step(0), inner, y, o[1] + i * outer.step(1));
                    }
                },
                0,
                0);
    }

    private void fold(Tensor x, long from, StridedLoop loop, Tensor y, long to) {
        if (x.dtype().isFloating() || function.isFloating()) {
            y.setDouble(to, function.fold(x, from, loop));
        } else {
            y.setLong(to, function.foldIntegers(x, from, loop));
        }
    }
}
