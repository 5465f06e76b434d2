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

/// Joins tensors along an axis.
public record Concat(int axis) implements Op {
    public static Concat of(Attributes attributes) {
        return new Concat(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "Concat";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 4;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape joined = inference.shape(0);
        for (int input = 1; input < inference.inputCount(); input++) {
            inference.type(input);
            Operands.requireSame(inference, input, "input " + input, dtype);
            PartialShape next = inference.shape(input);
            joined = joined == null || next == null ? null : join(joined, next, input);
        }
        if (joined != null) {
            Shape.normalizeAxis(axis, joined.rank());
        }
        inference.output(0, dtype, joined);
    }

    private PartialShape join(PartialShape joined, PartialShape next, int input) {
        if (joined.rank() != next.rank()) {
            throw Inference.mismatch("rank of input " + input, joined.rank(), next.rank());
        }
        int at = Shape.normalizeAxis(axis, joined.rank());
        List<Dim> dims = new ArrayList<>(joined.rank());
        for (int i = 0; i < joined.rank(); i++) {
            dims.add(
                    i == at
                            ? Extents.add(joined.dim(i), next.dim(i))
                            : Extents.unify(joined.dim(i), next.dim(i), "extent " + i + " of input " + input));
        }
        return new PartialShape(dims);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        int rank = y.shape().rank();
        int at = Shape.normalizeAxis(axis, rank);
        long outer = y.shape().product(0, at);
        long stride = y.shape().product(at, rank);
        long start = 0;
        for (int input = 0; input < inputs.size(); input++) {
            Tensor x = Operands.get(inputs, input);
            long run = x.shape().product(at, rank);
            StridedCopy.copy(x, 0, new long[] {run, 1}, y, start, new long[] {stride, 1}, new long[] {outer, run});
            start += run;
        }
    }
}
