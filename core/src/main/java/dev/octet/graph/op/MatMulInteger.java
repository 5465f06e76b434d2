package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix product of 8-bit tensors with INT32 result. Inputs A, B, aZeroPoint?, bZeroPoint?.
public record MatMulInteger() implements Op {
    public static MatMulInteger of(Attributes attributes) {
        return new MatMulInteger();
    }

    @Override
    public String type() {
        return "MatMulInteger";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 10;
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
