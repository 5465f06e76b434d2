package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tensor of a sequence. Inputs: sequence, position in `[-n, n)`.
public record SequenceAt() implements StructuredOp {
    public static SequenceAt of(Attributes attributes) {
        return new SequenceAt();
    }

    @Override
    public String type() {
        return "SequenceAt";
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
        inference.output(0, Structured.requireSequence(inference, 0).element());
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        TensorSequence sequence = Structured.sequence(inputs, 0);
        long position = Operands.index(Structured.scalar(inputs, 1), sequence.size());
        return List.of(sequence.tensors().get((int) position));
    }
}
