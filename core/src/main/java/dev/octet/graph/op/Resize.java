package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Resampling of a tensor. Inputs x, roi?, scales? (FLOAT32), sizes? (INT64).
///
/// @param axes the axes that scales and sizes speak of; empty for all
public record Resize(
        ResizeMode mode,
        CoordinateTransformation coordinates,
        NearestMode nearestMode,
        float cubicCoefficient,
        boolean excludeOutside,
        float extrapolationValue,
        boolean antialias,
        List<Long> axes,
        AspectPolicy aspectPolicy)
        implements Op {
    public static Resize of(Attributes attributes) {
        return new Resize(
                attributes.getEnum("mode", ResizeMode.NEAREST),
                attributes.getEnum("coordinate_transformation_mode", CoordinateTransformation.HALF_PIXEL),
                attributes.getEnum("nearest_mode", NearestMode.ROUND_PREFER_FLOOR),
                attributes.getFloat("cubic_coeff_a", -0.75f),
                attributes.getBoolean("exclude_outside", false),
                attributes.getFloat("extrapolation_value", 0),
                attributes.getBoolean("antialias", false),
                attributes.getInts("axes").orElse(List.of()),
                attributes.getEnum("keep_aspect_ratio_policy", AspectPolicy.STRETCH));
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
        TF_CROP_AND_RESIZE,
        /// Of operator sets 11 and 12; runtimes know it in newer ones, too.
        TF_HALF_PIXEL_FOR_NN
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
        Attributes.Builder builder =
                Attributes.builder()
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

    private static final int ROI = 1;
    private static final int SCALES = 2;
    private static final int SIZES = 3;

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        boolean bySize = isGiven(inference, SIZES);
        if (!bySize && !isGiven(inference, SCALES)) {
            throw new IllegalArgumentException("neither scales nor sizes are given");
        }
        Operands.require(
                inference,
                bySize ? SIZES : SCALES,
                bySize ? "sizes" : "scales",
                bySize ? Operands.INDEX : EnumSet.of(DType.FLOAT32));
        Tensor factors = inference.constant(bySize ? SIZES : SCALES);
        if (x == null) {
            inference.output(0, dtype, null);
        } else if (factors == null) {
            PartialShape y = PartialShape.ofRank(x.rank());
            for (int axis = 0; axis < x.rank() && !axes.isEmpty(); axis++) {
                y = isResized(axis, x.rank()) ? y : y.with(axis, x.dim(axis));
            }
            inference.output(0, dtype, y);
        } else {
            inference.output(0, dtype, bySize ? sized(x, factors) : scaled(x, factors));
        }
    }

    /// Exporters give an empty tensor for an absent operand.
    private static boolean isGiven(Inference inference, int input) {
        return inference.has(input) && Operands.count(inference, input) != 0;
    }

    private boolean isResized(int axis, int rank) {
        return IntStream.of(resizedAxes(rank)).anyMatch(a -> a == axis);
    }

    private int[] resizedAxes(int rank) {
        return axes.isEmpty() ? IntStream.range(0, rank).toArray() : Operands.axes(Operands.toArray(axes), rank);
    }

    private int[] resizedAxes(int rank, Tensor factors, String name) {
        int[] resized = resizedAxes(rank);
        if (factors.elementCount() != resized.length) {
            throw Inference.mismatch(name, resized.length + " numbers", factors.elementCount());
        }
        return resized;
    }

    private PartialShape scaled(PartialShape x, Tensor scales) {
        PartialShape y = x;
        int[] resized = resizedAxes(x.rank(), scales, "scales");
        for (int i = 0; i < resized.length; i++) {
            float scale = scales.getFloat(i);
            if (!(scale > 0) || Float.isInfinite(scale)) {
                throw Inference.mismatch("scale of axis " + resized[i], "a positive number", scale);
            }
            Dim dim = x.dim(resized[i]);
            if (scale != 1) {
                y = y.with(resized[i], dim.size() < 0 ? Dim.UNKNOWN : Dim.of(scaled(dim.size(), scale)));
            }
        }
        return y;
    }

    private static long scaled(long extent, float scale) {
        // In float, as ONNX and its runtimes do: a scale of 0.7 makes 7 of 10.
        float product = (float) Math.floor(extent * scale);
        if (product >= 0x1p62f) {
            throw new IllegalArgumentException("extent " + extent + " * " + scale + " is too large to exist");
        }
        return (long) product;
    }

    private PartialShape sized(PartialShape x, Tensor sizes) {
        PartialShape y = x;
        int[] resized = resizedAxes(x.rank(), sizes, "sizes");
        double scale = aspectPolicy == AspectPolicy.STRETCH || !knows(x, resized) ? 1 : commonScale(x, sizes, resized);
        for (int i = 0; i < resized.length; i++) {
            long size = sizes.getLong(i);
            if (size < 0) {
                throw Inference.mismatch("size of axis " + resized[i], "at least 0", size);
            }
            Dim dim = Dim.of(size);
            if (aspectPolicy != AspectPolicy.STRETCH) {
                dim = knows(x, resized) ? Dim.of((long) (x.size(resized[i]) * scale + 0.5)) : Dim.UNKNOWN;
            }
            y = y.with(resized[i], dim);
        }
        return y;
    }

    private static boolean knows(PartialShape x, int[] axes) {
        return IntStream.of(axes).allMatch(axis -> x.size(axis) >= 0);
    }

    /// The one scale of all axes that keeps the aspect ratio.
    private double commonScale(PartialShape x, Tensor sizes, int[] resized) {
        DoubleStream scales =
                IntStream.range(0, resized.length).mapToDouble(i -> sizes.getDouble(i) / x.size(resized[i]));
        return (aspectPolicy == AspectPolicy.NOT_LARGER ? scales.min() : scales.max()).orElse(1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        if (y.elementCount() == 0) {
            return;
        }
        ResizeAxis[] resampled = resampled(inputs, x.shape(), y.shape());
        if (mode == ResizeMode.NEAREST) {
            IndexTables.copy(x, y, tables(resampled));
        } else {
            interpolate(x, resampled, y);
        }
        extrapolate(resampled, y);
    }

    private static long[][] tables(ResizeAxis[] resampled) {
        return Arrays.stream(resampled).map(ResizeAxis::table).toArray(long[][]::new);
    }

    /// For each axis the index in the operand of each index in the result, where elements are only repeated or left
    /// out; empty if they are computed.
    ///
    /// @param inputs the operands, of which the first is not read
    public Optional<long[][]> indices(List<@Nullable Tensor> inputs, Shape x, Shape y) {
        if (mode != ResizeMode.NEAREST || coordinates == CoordinateTransformation.TF_CROP_AND_RESIZE) {
            return Optional.empty();
        }
        return Optional.of(tables(resampled(inputs, x, y)));
    }

    private ResizeAxis[] resampled(List<@Nullable Tensor> inputs, Shape x, Shape y) {
        int rank = x.rank();
        double[] scales = new double[rank];
        double[] roi = new double[2 * rank];
        for (int axis = 0; axis < rank; axis++) {
            scales[axis] = (double) y.dim(axis) / x.dim(axis);
            roi[rank + axis] = 1;
        }
        int[] resized = resizedAxes(rank);
        Tensor sizes = Operands.find(inputs, SIZES);
        Tensor given = Operands.find(inputs, SCALES);
        Tensor region = Operands.find(inputs, ROI);
        for (int i = 0; i < resized.length; i++) {
            if (sizes == null || sizes.elementCount() == 0) {
                scales[resized[i]] = Objects.requireNonNull(given).getDouble(i);
            } else if (aspectPolicy != AspectPolicy.STRETCH) {
                scales[resized[i]] = commonScale(PartialShape.of(x), sizes, resized);
            }
            if (region != null && region.elementCount() == 2L * resized.length) {
                roi[resized[i]] = region.getDouble(i);
                roi[rank + resized[i]] = region.getDouble(resized.length + i);
            }
        }
        ResizeAxis[] resampled = new ResizeAxis[rank];
        for (int axis = 0; axis < rank; axis++) {
            int input = Extents.arrayLength(x.dim(axis));
            int output = Extents.arrayLength(y.dim(axis));
            resampled[axis] = ResizeAxis.of(this, input, output, scales[axis], roi[axis], roi[rank + axis]);
        }
        return resampled;
    }

    private static void interpolate(Tensor x, ResizeAxis[] resampled, Tensor y) {
        double[] values = new double[Extents.arrayLength(x.elementCount())];
        Elements.read(x, 0, values, values.length);
        int rank = resampled.length;
        for (int axis = 0; axis < rank; axis++) {
            if (!resampled[axis].isIdentity()) {
                // Axes before this one have their new extents already.
                long outer = y.shape().product(0, axis);
                long inner = x.shape().product(axis + 1, rank);
                values = resampled[axis].apply(values, Extents.arrayLength(outer), Extents.arrayLength(inner));
            }
        }
        Elements.write(values, y, 0, values.length);
    }

    private void extrapolate(ResizeAxis[] resampled, Tensor y) {
        for (int axis = 0; axis < resampled.length; axis++) {
            boolean[] outside = resampled[axis].outside();
            long outer = y.shape().product(0, axis);
            long inner = y.shape().product(axis + 1, resampled.length);
            for (int i = 0; i < outside.length; i++) {
                for (long o = 0; outside[i] && o < outer; o++) {
                    for (long e = 0; e < inner; e++) {
                        y.setDouble((o * outside.length + i) * inner + e, extrapolationValue);
                    }
                }
            }
        }
    }
}
