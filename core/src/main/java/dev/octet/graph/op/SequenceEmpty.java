package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sequence of no tensors.
///
/// @param dtype element type of the tensors that it may get
public record SequenceEmpty(DType dtype) implements StructuredOp {
    public static SequenceEmpty of(Attributes attributes) {
        return new SequenceEmpty(OnnxTypes.dtype(attributes.getInt("dtype", 1L)));
    }

    @Override
    public String type() {
        return "SequenceEmpty";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("dtype", OnnxTypes.code(dtype)).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        inference.output(0, new TypeInfo(dtype, null).asSequence());
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        return List.of(new TensorSequence(dtype, List.of()));
    }
}
