package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Transposed convolution.
///
/// Inputs x `[N, C, D…]`, weights `[C, M/group, k…]`, bias? `[M]`; output `[N, M, out…]` with `out = stride·(in−1) +
/// outputPadding + (k−1)·dilation + 1 − pads`.
///
/// @param outputPadding empty for zeros
/// @param outputShape empty if the output shape follows from the rest
public record ConvTranspose(Window window, int group, List<Long> outputPadding, List<Long> outputShape) implements Op {
    public ConvTranspose {
        outputPadding = List.copyOf(outputPadding);
        outputShape = List.copyOf(outputShape);
        requireExtents("output_padding", outputPadding);
        requireExtents("output_shape", outputShape);
    }

    private static void requireExtents(String name, List<Long> values) {
        if (values.stream().anyMatch(v -> v < 0 || v > Integer.MAX_VALUE)) {
            throw Inference.mismatch("attribute " + name, "numbers of 0 to 2^31-1", values);
        }
    }

    public static ConvTranspose of(Attributes attributes) {
        return new ConvTranspose(
                Window.of(attributes),
                attributes.getInt("group", 1),
                attributes.getInts("output_padding").orElse(List.of()),
                attributes.getInts("output_shape").orElse(List.of()));
    }

    @Override
    public String type() {
        return "ConvTranspose";
    }

    @Override
    public Attributes attributes() {
        return outputAttributes();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    private Attributes outputAttributes() {
        Attributes.Builder builder = window.attributes().put("group", (long) group);
        if (!outputPadding.isEmpty()) {
            builder.put("output_padding", outputPadding);
        }
        if (!outputShape.isEmpty()) {
            builder.put("output_shape", outputShape);
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
