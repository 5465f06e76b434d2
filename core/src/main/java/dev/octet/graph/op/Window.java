package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import java.util.Arrays;
import java.util.List;

/// The sliding window of a convolution or a pooling, one number per spatial axis.
///
/// @param kernelShape empty if it follows from the weights
/// @param strides empty for ones
/// @param pads begins of all axes, then ends; empty for zeros; not used unless `autoPad` is `NOTSET`
/// @param dilations empty for ones
public record Window(
        AutoPad autoPad, List<Long> kernelShape, List<Long> strides, List<Long> pads, List<Long> dilations) {
    /// How padding is found where it is not given.
    public enum AutoPad {
        NOTSET,
        SAME_UPPER,
        SAME_LOWER,
        VALID
    }

    public Window {
        kernelShape = List.copyOf(kernelShape);
        strides = List.copyOf(strides);
        pads = List.copyOf(pads);
        dilations = List.copyOf(dilations);
        requirePositive("kernel_shape", kernelShape);
        requirePositive("strides", strides);
        requirePositive("dilations", dilations);
        if (pads.size() % 2 != 0 || pads.stream().anyMatch(p -> p < 0 || p > Integer.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "attribute pads: expected two numbers of 0 to 2^31-1 per axis, found " + pads);
        }
    }

    private static void requirePositive(String name, List<Long> values) {
        if (values.stream().anyMatch(v -> v <= 0 || v > Integer.MAX_VALUE)) {
            throw new IllegalArgumentException("attribute " + name + ": expected positive numbers, found " + values);
        }
    }

    /// A window without padding or dilation.
    public static Window of(long... kernelShape) {
        return new Window(AutoPad.NOTSET, Arrays.stream(kernelShape).boxed().toList(), List.of(), List.of(), List.of());
    }

    static Window of(Attributes attributes) {
        return new Window(
                attributes.getEnum("auto_pad", AutoPad.NOTSET),
                attributes.getInts("kernel_shape").orElse(List.of()),
                attributes.getInts("strides").orElse(List.of()),
                attributes.getInts("pads").orElse(List.of()),
                attributes.getInts("dilations").orElse(List.of()));
    }

    public Window withStrides(long... newStrides) {
        return new Window(autoPad, kernelShape, Arrays.stream(newStrides).boxed().toList(), pads, dilations);
    }

    /// @param newPads begins of all axes, then ends
    public Window withPads(long... newPads) {
        return new Window(AutoPad.NOTSET, kernelShape, strides, Arrays.stream(newPads).boxed().toList(), dilations);
    }

    public Window withDilations(long... newDilations) {
        return new Window(autoPad, kernelShape, strides, pads, Arrays.stream(newDilations).boxed().toList());
    }

    public long stride(int axis) {
        return strides.isEmpty() ? 1 : strides.get(axis);
    }

    public long dilation(int axis) {
        return dilations.isEmpty() ? 1 : dilations.get(axis);
    }

    /// Declared padding before an axis; 0 where padding is found automatically.
    public long padBegin(int axis) {
        return pads.isEmpty() || autoPad != AutoPad.NOTSET ? 0 : pads.get(axis);
    }

    /// Declared padding after an axis; 0 where padding is found automatically.
    public long padEnd(int axis) {
        return pads.isEmpty() || autoPad != AutoPad.NOTSET ? 0 : pads.get(pads.size() / 2 + axis);
    }

    /// Whether the padding is such that the output's extent is the input's over the stride.
    boolean isSame() {
        return autoPad == AutoPad.SAME_UPPER || autoPad == AutoPad.SAME_LOWER;
    }

    /// The part of a total padding that stands at the begin.
    long beginOf(long totalPadding) {
        return autoPad == AutoPad.SAME_UPPER ? totalPadding / 2 : totalPadding - totalPadding / 2;
    }

    Attributes.Builder attributes() {
        Attributes.Builder builder = Attributes.builder();
        if (autoPad != AutoPad.NOTSET) {
            builder.put("auto_pad", autoPad.name());
        }
        if (!kernelShape.isEmpty()) {
            builder.put("kernel_shape", kernelShape);
        }
        if (!strides.isEmpty()) {
            builder.put("strides", strides);
        }
        if (!pads.isEmpty() && autoPad == AutoPad.NOTSET) {
            builder.put("pads", pads);
        }
        if (!dilations.isEmpty() && dilations.stream().anyMatch(d -> d != 1)) {
            builder.put("dilations", dilations);
        }
        return builder;
    }
}
