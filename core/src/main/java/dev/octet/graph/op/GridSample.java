package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Samples a picture at given positions, -1 to 1 along each axis. Inputs x `[N, C, H, W]` or `[N, C, D, H, W]`, grid
/// `[N, h, w, 2]` or `[N, d, h, w, 3]`, the coordinate of the last axis first; output `[N, C, h, w]` and so on.
///
/// @param alignCorners whether -1 and 1 are the centres of the outermost elements, not their outer edges
public record GridSample(Mode mode, Padding padding, boolean alignCorners) implements Op {
    /// How a value between elements is found.
    public enum Mode {
        LINEAR,
        NEAREST,
        /// By cubic convolution with the coefficient -0.75, along two axes only.
        CUBIC
    }

    /// What is outside.
    public enum Padding {
        ZEROS,
        BORDER,
        REFLECTION
    }

    private static final double CUBIC_COEFFICIENT = -0.75;

    public static GridSample of(Attributes attributes) {
        return new GridSample(
                attributes.getEnum("mode", Mode.LINEAR),
                attributes.getEnum("padding_mode", Padding.ZEROS),
                attributes.getBoolean("align_corners", false));
    }

    @Override
    public String type() {
        return "GridSample";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("mode", mode)
                .put("padding_mode", padding)
                .put("align_corners", alignCorners)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 20;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        Operands.require(inference, 1, "grid", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        PartialShape grid = inference.shape(1);
        if (x == null || grid == null) {
            int rank = x != null ? x.rank() : grid != null ? grid.rank() : -1;
            inference.output(0, dtype, rank < 0 ? null : PartialShape.ofRank(rank));
            return;
        }
        if (x.rank() < 3 || mode == Mode.CUBIC && x.rank() != 4) {
            throw Inference.mismatch("rank of x", mode == Mode.CUBIC ? 4 : "at least 3", x.rank());
        }
        if (grid.rank() != x.rank()) {
            throw Inference.mismatch("rank of grid", x.rank(), grid.rank());
        }
        Extents.unify(Dim.of(x.rank() - 2), grid.dim(-1), "last extent of grid");
        List<Dim> dims = new ArrayList<>(List.of(Extents.unify(x.dim(0), grid.dim(0), "batch of grid"), x.dim(1)));
        dims.addAll(grid.dims().subList(1, grid.rank() - 1));
        inference.output(0, dtype, new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor grid = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        int axes = x.shape().rank() - 2;
        long points = y.shape().product(2, y.shape().rank());
        long channels = x.shape().dim(1);
        long plane = x.shape().product(2, x.shape().rank());
        if (plane == 0 && y.elementCount() > 0) {
            throw Inference.mismatch("x", "elements to sample", x);
        }
        double[] position = new double[axes];
        for (long at = 0; at < y.shape().dim(0) * points; at++) {
            for (int axis = 0; axis < axes; axis++) {
                // The grid has the last axis first.
                double given = grid.getDouble(at * axes + axes - 1 - axis);
                position[axis] = place(given, x.shape().dim(2 + axis));
            }
            for (long c = 0; c < channels; c++) {
                long image = at / points * channels + c;
                double value = sample(x, image * plane, position, 0);
                y.setDouble(image * points + at % points, value);
            }
        }
    }

    /// A coordinate in elements, brought inside by the padding.
    private double place(double given, long extent) {
        double place = alignCorners ? (given + 1) / 2 * (extent - 1) : ((given + 1) * extent - 1) / 2;
        place = mode == Mode.NEAREST ? Math.rint(place) : place;
        double first = alignCorners ? 0 : -0.5;
        double last = alignCorners ? extent - 1 : extent - 0.5;
        if (mode == Mode.CUBIC || place >= first && place <= last) {
            // What is around a cubic's place counts even outside, as in PyTorch and ONNX Runtime.
            return place;
        }
        return switch (padding) {
            case ZEROS -> place;
            case BORDER -> Math.clamp(Double.isNaN(place) ? 0 : place, 0.0, extent - 1.0);
            case REFLECTION -> reflect(place, first, last);
        };
    }

    private static double reflect(double place, double first, double last) {
        double range = last - first;
        if (range <= 0 || !Double.isFinite(place)) {
            return first;
        }
        double distance = place < first ? first - place : place - last;
        double turns = Math.floor(distance / range);
        double rest = distance - turns * range;
        return (turns % 2 == 0) == (place < first) ? first + rest : last - rest;
    }

    /// The value at a position whose first axes are chosen already.
    private double sample(Tensor x, long offset, double[] position, int axis) {
        int axes = position.length;
        if (axis == axes) {
            return x.getDouble(offset);
        }
        Shape shape = x.shape();
        long step = shape.product(3 + axis, shape.rank());
        double place = position[axis];
        double floor = Math.floor(place);
        double fraction = place - floor;
        double sum = 0;
        int taps = mode == Mode.NEAREST ? 1 : mode == Mode.LINEAR ? 2 : 4;
        double first = mode == Mode.NEAREST ? Math.rint(place) : mode == Mode.LINEAR ? floor : floor - 1;
        for (int tap = 0; tap < taps; tap++) {
            double weight = weight(tap, fraction);
            long index = index(first + tap, shape.dim(2 + axis));
            if (index >= 0) {
                sum += weight * sample(x, offset + index * step, position, axis + 1);
            }
        }
        return sum;
    }

    private double weight(int tap, double fraction) {
        return switch (mode) {
            case NEAREST -> 1;
            case LINEAR -> tap == 0 ? 1 - fraction : fraction;
            case CUBIC -> ResizeAxis.cubic(Math.abs(fraction + 1 - tap), CUBIC_COEFFICIENT);
        };
    }

    /// The element that stands for a place, or -1 for a zero.
    private long index(double place, long extent) {
        if (place >= 0 && place < extent) {
            return (long) place;
        }
        return switch (padding) {
            case ZEROS -> -1;
            case BORDER -> place < 0 || Double.isNaN(place) ? 0 : extent - 1;
            case REFLECTION -> {
                double first = alignCorners ? 0 : -0.5;
                double last = alignCorners ? extent - 1 : extent - 0.5;
                yield Math.clamp((long) reflect(place, first, last), 0L, extent - 1);
            }
        };
    }
}
