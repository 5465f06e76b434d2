package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantizes to UINT8 by the range found in the data. Input x; outputs y, scale, zeroPoint.
public record DynamicQuantizeLinear() implements Op {
    public static DynamicQuantizeLinear of(Attributes attributes) {
        return new DynamicQuantizeLinear();
    }

    @Override
    public String type() {
        return "DynamicQuantizeLinear";
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
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
