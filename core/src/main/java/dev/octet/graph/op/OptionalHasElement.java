package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether an optional value holds something, BOOL. Any other value does; no operand does not.
public record OptionalHasElement() implements StructuredOp {
    public static OptionalHasElement of(Attributes attributes) {
        return new OptionalHasElement();
    }

    @Override
    public String type() {
        return "OptionalHasElement";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    @Override
    public void infer(Inference inference) {
        inference.output(0, TypeInfo.of(DType.BOOL, Shape.SCALAR));
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Value value = Structured.find(inputs, 0);
        return List.of(Structured.bool(value instanceof OptionalValue optional ? optional.isPresent() : value != null));
    }
}
