package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One with the probability that each element gives, else zero; see [RandomStream].
///
/// @param dtype null for the operand's
/// @param seed null for fresh numbers at each evaluation
public record Bernoulli(@Nullable DType dtype, @Nullable Float seed) implements Op {
    public static Bernoulli of(Attributes attributes) {
        return new Bernoulli(OnnxTypes.find(attributes, "dtype"), RandomStream.seed(attributes));
    }

    @Override
    public String type() {
        return "Bernoulli";
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder = Attributes.builder();
        if (dtype != null) {
            builder.put("dtype", OnnxTypes.code(dtype));
        }
        RandomStream.putSeed(builder, seed);
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    @Override
    public boolean isDeterministic() {
        return seed != null;
    }

    @Override
    public void infer(Inference inference) {
        DType given = Operands.require(inference, 0, "probabilities", Operands.FLOATING);
        inference.output(0, dtype == null ? given : dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor probabilities = Operands.get(inputs, 0);
        RandomStream stream = new RandomStream(seed);
        for (long i = 0; i < probabilities.elementCount(); i++) {
            outputs.get(0).setLong(i, stream.uniform() < probabilities.getDouble(i) ? 1 : 0);
        }
    }
}
