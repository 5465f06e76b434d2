package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All bits of each integer inverted.
public record BitwiseNot() implements Op {
    public static BitwiseNot of(Attributes attributes) {
        return new BitwiseNot();
    }

    @Override
    public String type() {
        return "BitwiseNot";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 18;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.INTEGER);
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        for (long i = 0; i < x.elementCount(); i++) {
            outputs.get(0).setLong(i, ~x.getLong(i));
        }
    }
}
