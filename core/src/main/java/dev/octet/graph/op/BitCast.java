package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The same bits seen as another type of the same width.
public record BitCast(DType to) implements Op {
    public static BitCast of(Attributes attributes) {
        return new BitCast(OnnxTypes.dtype(attributes.getInt("to", 0)));
    }

    @Override
    public String type() {
        return "BitCast";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("to", OnnxTypes.code(to)).build();
    }

    @Override
    public int sinceVersion() {
        return 26;
    }

    @Override
    public void infer(Inference inference) {
        DType from = inference.dtype(0);
        if (from.bits() != to.bits()) {
            throw Inference.mismatch("type of x", "one of " + to.bits() + " bits, as " + to + " has", from);
        }
        inference.output(0, to, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
    }
}
