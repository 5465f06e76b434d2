package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sequence without one tensor. Inputs: sequence, position? in `[-n, n)`; the last one without it.
public record SequenceErase() implements StructuredOp {
    public static SequenceErase of(Attributes attributes) {
        return new SequenceErase();
    }

    @Override
    public String type() {
        return "SequenceErase";
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
        inference.output(0, Structured.requireSequence(inference, 0));
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        TensorSequence sequence = Structured.sequence(inputs, 0);
        List<Tensor> tensors = new ArrayList<>(sequence.tensors());
        long position = Structured.find(inputs, 1) == null ? -1 : Structured.scalar(inputs, 1);
        tensors.remove((int) Operands.index(position, tensors.size()));
        return List.of(new TensorSequence(sequence.dtype(), tensors));
    }
}
