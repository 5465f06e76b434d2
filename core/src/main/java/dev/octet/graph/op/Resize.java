package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Resampling of a tensor. Inputs x, roi?, scales? (FLOAT32), sizes? (INT64).
///
/// @param axes the axes that scales and sizes speak of; empty for all
public record Resize(ResizeMode mode, CoordinateTransformation coordinates, NearestMode nearestMode, float cubicCoefficient, boolean excludeOutside, float extrapolationValue, boolean antialias, List<Long> axes, AspectPolicy aspectPolicy) implements Op {
    public static Resize of(Attributes attributes) {
        return new Resize(attributes.getEnum("mode", ResizeMode.NEAREST), attributes.getEnum("coordinate_transformation_mode", CoordinateTransformation.HALF_PIXEL), attributes.getEnum("nearest_mode", NearestMode.ROUND_PREFER_FLOOR), attributes.getFloat("cubic_coeff_a", -0.75f), attributes.getBoolean("exclude_outside", false), attributes.getFloat("extrapolation_value", 0), attributes.getBoolean("antialias", false), attributes.getInts("axes").orElse(List.of()), attributes.getEnum("keep_aspect_ratio_policy", AspectPolicy.STRETCH));
    }

    @Override
    public String type() {
        return "Resize";
    }

    @Override
    public Attributes attributes() {
        return resizeAttributes();
    }

    @Override
    public int sinceVersion() {
        return 18;
    }

    /// How values between samples are found.
    public enum ResizeMode {
        NEAREST,
        LINEAR,
        CUBIC
    }

    /// Where an output coordinate lies in the input.
    public enum CoordinateTransformation {
        HALF_PIXEL,
        HALF_PIXEL_SYMMETRIC,
        PYTORCH_HALF_PIXEL,
        ALIGN_CORNERS,
        ASYMMETRIC,
        TF_CROP_AND_RESIZE
    }

    /// Which of the two nearest samples is taken.
    public enum NearestMode {
        ROUND_PREFER_FLOOR,
        ROUND_PREFER_CEIL,
        FLOOR,
        CEIL
    }

    /// How `sizes` is read.
    public enum AspectPolicy {
        STRETCH,
        NOT_LARGER,
        NOT_SMALLER
    }

    private Attributes resizeAttributes() {
        Attributes.Builder builder = Attributes.builder()
                .put("mode", mode)
                .put("coordinate_transformation_mode", coordinates)
                .put("nearest_mode", nearestMode)
                .put("cubic_coeff_a", cubicCoefficient)
                .put("exclude_outside", excludeOutside)
                .put("extrapolation_value", extrapolationValue);
        if (antialias) {
            builder.put("antialias", true);
        }
        if (!axes.isEmpty()) {
            builder.put("axes", axes);
        }
        if (aspectPolicy != AspectPolicy.STRETCH) {
            builder.put("keep_aspect_ratio_policy", aspectPolicy);
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
