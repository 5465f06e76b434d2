package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Passes its input on, which may be a sequence or optional value: ONNX Identity, and Dropout at inference.
public record Identity() implements Op {
    public static Identity of(Attributes attributes) {
        return new Identity();
    }

    @Override
    public String type() {
        return "Identity";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        inference.output(0, inference.type(0));
        // The mask of Dropout.
        inference.output(1, DType.BOOL, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
        if (outputs.size() > 1) {
            outputs.get(1).data().fill((byte) 1);
        }
    }
}
