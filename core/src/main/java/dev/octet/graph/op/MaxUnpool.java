package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts elements back to where a [Pool] found them, zeros elsewhere. Inputs x, indices (as MaxPool's second output has
/// them), output shape?; a larger output shape than the window's adds zeros after each axis, as the standard's cases
/// have it.
public record MaxUnpool(Window window) implements Op {
    public static MaxUnpool of(Attributes attributes) {
        return new MaxUnpool(Window.of(attributes));
    }

    @Override
    public String type() {
        return "MaxUnpool";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Operands.require(inference, 1, "indices", EnumSet.of(DType.INT64));
        PartialShape x = inference.shape(0);
        Operands.requireShape(inference, 1, "indices", x);
        PartialShape inner = x == null ? null : unpooled(x);
        if (!inference.has(2)) {
            inference.output(0, dtype, inner);
            return;
        }
        long[] shape = Operands.indices(inference, 2, "output shape");
        if (shape == null) {
            long rank = Operands.count(inference, 2);
            inference.output(0, dtype, rank < 0 ? null : PartialShape.ofRank(Extents.rank(rank)));
            return;
        }
        if (inner != null && inner.rank() != shape.length) {
            throw Inference.mismatch("output shape", inner.rank() + " numbers", shape.length);
        }
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] < 0 || inner != null && inner.size(axis) > shape[axis]) {
                throw Inference.mismatch(
                        "extent " + axis + " of the output shape",
                        inner == null ? "at least 0" : "at least " + inner.dim(axis),
                        shape[axis]);
            }
        }
        inference.output(0, dtype, PartialShape.of(shape));
    }

    private PartialShape unpooled(PartialShape x) {
        WindowGeometry.requirePooled(window, x.rank());
        PartialShape y = x;
        for (int i = 0; i < window.kernelShape().size(); i++) {
            long extent = x.size(2 + i);
            if (extent >= 0) {
                long pads = window.padBegin(i) + window.padEnd(i);
                long spread = Extents.multiply(extent - 1, window.stride(i));
                y = y.with(2 + i, Dim.of(Math.max(0, Extents.add(spread, window.kernelShape().get(i) - pads))));
            }
        }
        return y;
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor indices = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        Shape inner = unpooled(PartialShape.of(x.shape())).toShape();
        long[] from = inner.strides();
        long[] to = y.shape().strides();
        y.data().fill((byte) 0);
        for (long i = 0; i < x.elementCount(); i++) {
            long index = Operands.index(indices.getLong(i), inner.elementCount());
            long target = 0;
            for (int axis = 0; axis < from.length; axis++) {
                target += index / from[axis] % inner.dim(axis) * to[axis];
            }
            Elements.move(x, i, y, target);
        }
    }
}
