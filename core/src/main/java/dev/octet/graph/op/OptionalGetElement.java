package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an optional value holds; any other value is passed on.
public record OptionalGetElement() implements StructuredOp {
    public static OptionalGetElement of(Attributes attributes) {
        return new OptionalGetElement();
    }

    @Override
    public String type() {
        return "OptionalGetElement";
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
        inference.output(0, inference.type(0).content());
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Value value = Structured.get(inputs, 0);
        if (!(value instanceof OptionalValue optional)) {
            return List.of(value);
        }
        if (optional.content() == null) {
            throw new IllegalArgumentException("expected an optional value that holds something, found nothing");
        }
        return List.of(optional.content());
    }
}
