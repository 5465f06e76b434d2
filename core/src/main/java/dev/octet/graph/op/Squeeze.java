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

/// Removes axes of extent 1. Inputs x, axes? (INT64); without axes all such axes go.
public record Squeeze() implements Op {
    public static Squeeze of(Attributes attributes) {
        return new Squeeze();
    }

    @Override
    public String type() {
        return "Squeeze";
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
        if (!inference.has(1)) {
            inference.output(0, dtype, x == null ? null : withoutOnes(x));
            return;
        }
        long[] axes = Operands.indices(inference, 1, "axes");
        long count = axes == null ? Operands.count(inference, 1) : axes.length;
        if (x == null || count < 0) {
            inference.output(0, dtype, null);
        } else if (axes == null) {
            inference.output(0, dtype, PartialShape.ofRank(Extents.rank(x.rank() - count)));
        } else {
            inference.output(0, dtype, remove(x, Operands.axes(axes, x.rank())));
        }
    }

    private static @Nullable PartialShape withoutOnes(PartialShape x) {
        if (!x.isFixed()) {
            return null;
        }
        return new PartialShape(x.dims().stream().filter(d -> d.size() != 1).toList());
    }

    private static PartialShape remove(PartialShape x, int[] axes) {
        List<Dim> dims = new ArrayList<>(x.dims());
        Arrays.sort(axes);
        for (int i = axes.length - 1; i >= 0; i--) {
            long extent = dims.remove(axes[i]).size();
            if (extent >= 0 && extent != 1) {
                throw Inference.mismatch("extent of axis " + axes[i] + " of " + x, 1, extent);
            }
        }
        return new PartialShape(dims);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
    }
}
