package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tensor of one repeated value. Input shape (INT64).
///
/// @param value one element, whose type is the output's
public record ConstantOfShape(Tensor value) implements Op {
    public static ConstantOfShape of(Attributes attributes) {
        return new ConstantOfShape(attributes.getTensor("value").orElseGet(() -> Tensor.of(Shape.of(1), 0f)));
    }

    @Override
    public String type() {
        return "ConstantOfShape";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("value", value.reshape(Shape.of(1))).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
