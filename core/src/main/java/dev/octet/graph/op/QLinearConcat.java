package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized Concat (com.microsoft). Inputs yScale, yZeroPoint, then x, scale, zeroPoint of each part.
public record QLinearConcat(int axis) implements Op {
    public static QLinearConcat of(Attributes attributes) {
        return new QLinearConcat(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "QLinearConcat";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
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
