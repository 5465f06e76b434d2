package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sequence with one more tensor. Inputs: sequence, tensor, position? in `[-n, n]`; at the end without one.
public record SequenceInsert() implements StructuredOp {
    public static SequenceInsert of(Attributes attributes) {
        return new SequenceInsert();
    }

    @Override
    public String type() {
        return "SequenceInsert";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    /// What is true of both tensors; the refusal names the second as an operand.
    static TypeInfo joined(TypeInfo a, TypeInfo b, int input) {
        TypeInfo joined = a.join(b);
        if (joined == null) {
            throw Inference.mismatch("type of input " + input, a.dtype(), b.dtype());
        }
        return joined;
    }

    @Override
    public void infer(Inference inference) {
        TypeInfo sequence = Structured.requireSequence(inference, 0);
        TypeInfo tensor = Structured.requireTensor(inference, 1);
        inference.output(0, joined(sequence.element(), tensor, 1).asSequence());
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        TensorSequence sequence = Structured.sequence(inputs, 0);
        List<Tensor> tensors = new ArrayList<>(sequence.tensors());
        int n = tensors.size();
        long position = Structured.find(inputs, 2) == null ? n : Structured.scalar(inputs, 2);
        if (position < -n || position > n) {
            throw Inference.mismatch("position", "one in [-" + n + ", " + n + "]", position);
        }
        tensors.add((int) (position < 0 ? position + n : position), Structured.tensor(inputs, 1));
        return List.of(new TensorSequence(sequence.dtype(), tensors));
    }
}
