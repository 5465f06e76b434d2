package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// [Cast] to the type of another operand. Inputs x, target; of target only the type matters.
public record CastLike(Narrowing narrowing) implements Op {
    public static CastLike of(Attributes attributes) {
        return new CastLike(Narrowing.of(attributes));
    }

    @Override
    public String type() {
        return "CastLike";
    }

    @Override
    public Attributes attributes() {
        return narrowing.put(Attributes.builder()).build();
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    @Override
    public void infer(Inference inference) {
        inference.output(0, inference.dtype(1), inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Cast.convert(Operands.get(inputs, 0), outputs.get(0), narrowing);
    }
}
