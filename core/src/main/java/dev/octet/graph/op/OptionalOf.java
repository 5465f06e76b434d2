package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.TypeValue;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ONNX Optional: an optional value that holds the operand, or, without one, nothing.
///
/// @param missing the type that it would have if there is no operand; null if there is one
public record OptionalOf(@Nullable TypeInfo missing) implements StructuredOp {
    public static OptionalOf of(Attributes attributes) {
        return new OptionalOf(attributes.getType("type").orElse(null));
    }

    @Override
    public String type() {
        return "Optional";
    }

    @Override
    public Attributes attributes() {
        return missing == null ? Attributes.EMPTY : Attributes.builder().put("type", new TypeValue(missing)).build();
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    @Override
    public void infer(Inference inference) {
        if (inference.has(0)) {
            inference.output(0, inference.type(0).asOptional());
        } else if (missing != null) {
            inference.output(0, missing.asOptional());
        } else {
            throw new IllegalArgumentException("expected an operand or attribute type, found neither");
        }
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Value content = Structured.find(inputs, 0);
        return List.of(content instanceof OptionalValue optional ? optional : new OptionalValue(content));
    }
}
