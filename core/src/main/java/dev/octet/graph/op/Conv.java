package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution (cross-correlation) over any number of spatial axes.
///
/// Inputs x `[N, C, D…]`, weights `[M, C/group, k…]`, bias? `[M]`; output `[N, M, out…]`.
public record Conv(Window window, int group) implements Op {
    public static Conv of(Attributes attributes) {
        return new Conv(Window.of(attributes), attributes.getInt("group", 1));
    }

    @Override
    public String type() {
        return "Conv";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().put("group", (long) group).build();
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
