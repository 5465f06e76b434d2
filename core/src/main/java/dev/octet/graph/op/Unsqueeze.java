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

/// Inserts axes of extent 1. Inputs x, axes (INT64), which index the output.
public record Unsqueeze() implements Op {
    public static Unsqueeze of(Attributes attributes) {
        return new Unsqueeze();
    }

    @Override
    public String type() {
        return "Unsqueeze";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 13;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        long[] axes = Operands.indices(inference, 1, "axes");
        long count = axes == null ? Operands.count(inference, 1) : axes.length;
        if (x == null || count < 0) {
            inference.output(0, dtype, null);
            return;
        }
        int rank = Extents.rank(Extents.add(x.rank(), count));
        inference.output(0, dtype, axes == null ? PartialShape.ofRank(rank) : insert(x, Operands.axes(axes, rank)));
    }

    private static PartialShape insert(PartialShape x, int[] axes) {
        List<Dim> dims = new ArrayList<>(x.dims());
        // In ascending order every axis already stands where the result has it.
        Arrays.sort(axes);
        for (int axis : axes) {
            dims.add(axis, Dim.of(1));
        }
        return new PartialShape(dims);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
    }
}
