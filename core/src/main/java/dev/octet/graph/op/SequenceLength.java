package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How many tensors a sequence has, INT64.
public record SequenceLength() implements StructuredOp {
    public static SequenceLength of(Attributes attributes) {
        return new SequenceLength();
    }

    @Override
    public String type() {
        return "SequenceLength";
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
        Structured.requireSequence(inference, 0);
        inference.output(0, TypeInfo.of(DType.INT64, Shape.SCALAR));
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        return List.of(Tensor.scalar((long) Structured.sequence(inputs, 0).size()));
    }
}
