package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Limits values to a range. Inputs x, min?, max? (scalars of x's type); a missing bound is no bound.
public record Clip() implements Op {
    public static Clip of(Attributes attributes) {
        return new Clip();
    }

    @Override
    public String type() {
        return "Clip";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.NUMERIC);
        Operands.requireSame(inference, 1, "min", dtype);
        Operands.requireSame(inference, 2, "max", dtype);
        Operands.requireScalar(inference, 1, "min");
        Operands.requireScalar(inference, 2, "max");
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor min = Operands.find(inputs, 1);
        Tensor max = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        if (x.dtype().isFloating()) {
            double low = min == null ? Double.NEGATIVE_INFINITY : min.getDouble(0);
            double high = max == null ? Double.POSITIVE_INFINITY : max.getDouble(0);
            for (long i = 0; i < x.elementCount(); i++) {
                y.setDouble(i, Math.min(Math.max(x.getDouble(i), low), high));
            }
        } else {
            // With the sign bit flipped, unsigned numbers compare as signed ones do.
            long flip = x.dtype() == DType.UINT64 ? Long.MIN_VALUE : 0;
            long low = min == null ? Long.MIN_VALUE : min.getLong(0) ^ flip;
            long high = max == null ? Long.MAX_VALUE : max.getLong(0) ^ flip;
            for (long i = 0; i < x.elementCount(); i++) {
                y.setLong(i, Math.min(Math.max(x.getLong(i) ^ flip, low), high) ^ flip);
            }
        }
    }
}
