package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Indices as vectors along a new axis: one value at the index, another elsewhere. Inputs indices, depth (the extent of
/// the axis), values (off and on). A negative index counts from the end; one outside gives a vector without the on
/// value.
public record OneHot(int axis) implements Op {
    public static OneHot of(Attributes attributes) {
        return new OneHot(attributes.getInt("axis", -1));
    }

    @Override
    public String type() {
        return "OneHot";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "indices", Operands.NUMERIC);
        Operands.require(inference, 1, "depth", Operands.NUMERIC);
        Operands.requireScalar(inference, 1, "depth");
        inference.type(2);
        Operands.requireVector(inference, 2, "values", Dim.of(2));
        PartialShape indices = inference.shape(0);
        if (indices == null) {
            inference.output(0, inference.dtype(2), null);
            return;
        }
        Tensor depth = inference.constant(1);
        if (depth != null && depth.getLong(0) < 0) {
            throw Inference.mismatch("depth", "at least 0", depth.getLong(0));
        }
        List<Dim> dims = new ArrayList<>(indices.dims());
        dims.add(Shape.normalizeAxis(axis, indices.rank() + 1), depth == null ? Dim.UNKNOWN : Dim.of(depth.getLong(0)));
        inference.output(0, inference.dtype(2), new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor indices = Operands.get(inputs, 0);
        Tensor values = Operands.get(inputs, 2);
        Tensor y = outputs.get(0);
        int at = Shape.normalizeAxis(axis, y.shape().rank());
        long depth = y.shape().dim(at);
        long inner = y.shape().product(at + 1, y.shape().rank());
        StridedCopy.copy(values, 0, new long[] {0}, y, 0, new long[] {1}, new long[] {y.elementCount()});
        for (long i = 0; i < indices.elementCount(); i++) {
            long index = indices.getLong(i);
            if (index >= -depth && index < depth) {
                long place = index < 0 ? index + depth : index;
                Elements.move(values, 1, y, (i / inner * depth + place) * inner + i % inner);
            }
        }
    }
}
