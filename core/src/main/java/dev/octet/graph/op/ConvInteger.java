package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution of 8-bit tensors with INT32 result. Inputs x, weights, xZeroPoint?, weightsZeroPoint?.
public record ConvInteger(Window window, int group) implements Op {
    public static ConvInteger of(Attributes attributes) {
        return new ConvInteger(Window.of(attributes), attributes.getInt("group", 1));
    }

    @Override
    public String type() {
        return "ConvInteger";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().put("group", (long) group).build();
    }

    @Override
    public int sinceVersion() {
        return 10;
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
