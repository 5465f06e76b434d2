package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The extents of axes `start` to `end` as INT64: ONNX Shape.
///
/// @param end null for the rank
public record ShapeOf(long start, @Nullable Long end) implements Op {
    public static ShapeOf of(Attributes attributes) {
        return new ShapeOf(attributes.getInt("start", 0L), attributes.has("end") ? (Long) attributes.getInt("end", 0L) : null);
    }

    @Override
    public String type() {
        return "Shape";
    }

    @Override
    public Attributes attributes() {
        return shapeAttributes();
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    private Attributes shapeAttributes() {
        Attributes.Builder builder = Attributes.builder();
        if (start != 0) {
            builder.put("start", start);
        }
        if (end != null) {
            builder.put("end", end);
        }
        return builder.build();
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
