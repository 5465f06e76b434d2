package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Joins the tensors of a sequence along an axis.
///
/// @param newAxis whether the axis is a new one
public record ConcatFromSequence(int axis, boolean newAxis) implements StructuredOp {
    public static ConcatFromSequence of(Attributes attributes) {
        return new ConcatFromSequence(attributes.getInt("axis", 0), attributes.getBoolean("new_axis", false));
    }

    @Override
    public String type() {
        return "ConcatFromSequence";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("new_axis", newAxis).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        TypeInfo sequence = Structured.requireSequence(inference, 0);
        PartialShape part = sequence.shape();
        if (part == null) {
            inference.output(0, sequence.dtype(), null);
            return;
        }
        int at = Shape.normalizeAxis(axis, part.rank() + (newAxis ? 1 : 0));
        PartialShape shape = newAxis ? StateTypes.stacked(part, at, Dim.UNKNOWN) : part.with(at, Dim.UNKNOWN);
        inference.output(0, sequence.dtype(), shape);
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        TensorSequence sequence = Structured.sequence(inputs, 0);
        if (sequence.size() == 0) {
            throw new IllegalArgumentException("expected a sequence with at least one tensor, found an empty one");
        }
        int rank = sequence.tensors().getFirst().shape().rank();
        if (newAxis) {
            int at = Shape.normalizeAxis(axis, rank + 1);
            TypeInfo declared = new TypeInfo(sequence.dtype(), null);
            return List.of(Stack.of(sequence.tensors(), at, false, declared));
        }
        Concat concat = new Concat(axis);
        Inference inference = Inference.of(sequence.tensors(), 1);
        concat.infer(inference);
        TypeInfo type = inference.outputs().getFirst();
        if (type == null || type.shape() == null) {
            throw new IllegalStateException("Concat of known tensors has a known shape");
        }
        Tensor joined = Tensor.allocate(type.dtype(), type.shape().toShape());
        concat.evaluate(new ArrayList<>(sequence.tensors()), List.of(joined));
        return List.of(joined);
    }
}
