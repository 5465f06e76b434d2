package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sequence of the operands, which have one element type.
public record SequenceConstruct() implements StructuredOp {
    public static SequenceConstruct of(Attributes attributes) {
        return new SequenceConstruct();
    }

    @Override
    public String type() {
        return "SequenceConstruct";
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
        TypeInfo common = Structured.requireTensor(inference, 0);
        for (int i = 1; i < inference.inputCount(); i++) {
            common = SequenceInsert.joined(common, Structured.requireTensor(inference, i), i);
        }
        inference.output(0, common.asSequence());
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            tensors.add(Structured.tensor(inputs, i));
        }
        return List.of(new TensorSequence(tensors.getFirst().dtype(), tensors));
    }
}
