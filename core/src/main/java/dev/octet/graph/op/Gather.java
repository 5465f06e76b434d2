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

/// Picks entries of an axis by index. Inputs x, indices (INT32 or INT64; negative ones count from the end).
public record Gather(int axis) implements Op {
    public static Gather of(Attributes attributes) {
        return new Gather(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "Gather";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        Operands.require(inference, 1, "indices", Operands.INDEX);
        PartialShape x = inference.shape(0);
        PartialShape indices = inference.shape(1);
        if (x == null) {
            inference.output(0, dtype, null);
            return;
        }
        int at = Shape.normalizeAxis(axis, x.rank());
        requireInside(inference.constant(1), x.size(at));
        if (indices == null) {
            inference.output(0, dtype, null);
            return;
        }
        List<Dim> dims = new ArrayList<>(x.dims().subList(0, at));
        dims.addAll(indices.dims());
        dims.addAll(x.dims().subList(at + 1, x.rank()));
        inference.output(0, dtype, new PartialShape(dims));
    }

    private static void requireInside(@Nullable Tensor indices, long extent) {
        if (indices != null && extent >= 0) {
            for (long i = 0; i < indices.elementCount(); i++) {
                Operands.index(indices.getLong(i), extent);
            }
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor indices = Operands.get(inputs, 1);
        Shape shape = x.shape();
        int at = Shape.normalizeAxis(axis, shape.rank());
        long extent = shape.dim(at);
        long outer = shape.product(0, at);
        long inner = shape.product(at + 1, shape.rank());
        long picked = indices.elementCount();
        long target = 0;
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < picked; i++) {
                long source = (o * extent + Operands.index(indices.getLong(i), extent)) * inner;
                StridedCopy.copy(x, source, outputs.get(0), target, inner);
                target += inner;
            }
        }
    }
}
