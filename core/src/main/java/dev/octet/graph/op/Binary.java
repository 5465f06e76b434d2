package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An element-wise function of two operands that broadcast.
///
/// Inputs a, b of one type; output of that type, or `BOOL` for comparisons.
public record Binary(BinaryFunction function) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return function.attributes();
    }

    @Override
    public int sinceVersion() {
        return function.sinceVersion();
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
