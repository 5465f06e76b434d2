package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Converts the element type. Floating to integer cuts toward zero; to `BOOL` is "not zero".
public record Cast(DType to) implements Op {
    public static Cast of(Attributes attributes) {
        return new Cast(OnnxTypes.dtype(attributes.getInt("to", 0)));
    }

    @Override
    public String type() {
        return "Cast";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("to", OnnxTypes.code(to)).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
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
