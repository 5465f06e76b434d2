package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Values of regions of a picture by bilinear samples in each of their bins. Inputs x `[N, C, H, W]`, regions `[n, 4]`
/// (left, top, right, bottom), index of each region's sample `[n]`; output `[n, C, height, width]`.
///
/// @param halfPixel whether coordinates mean the centres of elements; else regions are at least 1 wide and high
/// @param max whether the largest of the samples' weighted corners is taken, not their mean
/// @param sampling samples of a bin along each axis; 0 for as many as the bin has elements
public record RoiAlign(boolean halfPixel, boolean max, int height, int width, int sampling, float scale) implements Op {
    public RoiAlign {
        if (height < 1 || width < 1 || sampling < 0) {
            throw Inference.mismatch(
                    "attributes output_height, output_width, sampling_ratio",
                    "positive numbers",
                    List.of(height, width, sampling));
        }
    }

    private enum Mode {
        AVG,
        MAX
    }

    private enum Coordinates {
        HALF_PIXEL,
        OUTPUT_HALF_PIXEL
    }

    public static RoiAlign of(Attributes attributes) {
        return new RoiAlign(
                attributes.getEnum("coordinate_transformation_mode", Coordinates.HALF_PIXEL) == Coordinates.HALF_PIXEL,
                attributes.getEnum("mode", Mode.AVG) == Mode.MAX,
                attributes.getInt("output_height", 1),
                attributes.getInt("output_width", 1),
                attributes.getInt("sampling_ratio", 0),
                attributes.getFloat("spatial_scale", 1));
    }

    @Override
    public String type() {
        return "RoiAlign";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put(
                        "coordinate_transformation_mode",
                        halfPixel ? Coordinates.HALF_PIXEL : Coordinates.OUTPUT_HALF_PIXEL)
                .put("mode", max ? Mode.MAX : Mode.AVG)
                .put("output_height", (long) height)
                .put("output_width", (long) width)
                .put("sampling_ratio", (long) sampling)
                .put("spatial_scale", scale)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 16;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Operands.require(inference, 1, "regions", Operands.FLOATING);
        Operands.require(inference, 2, "sample indices", Operands.INDEX);
        Operands.requireRank(inference, 0, "x", 4);
        Operands.requireShape(inference, 1, "regions", PartialShape.of(-1, 4));
        PartialShape x = inference.shape(0);
        PartialShape regions = inference.shape(1);
        Dim count = regions == null ? Dim.UNKNOWN : regions.dim(0);
        count = Operands.requireVector(inference, 2, "sample indices", count);
        Dim channels = x == null ? Dim.UNKNOWN : x.dim(1);
        inference.output(0, dtype, new PartialShape(List.of(count, channels, Dim.of(height), Dim.of(width))));
    }

    /// The bins of one axis of a region: `start + bin·extent` and samples in each.
    ///
    /// @param round to the type of the operands: at the image's edge the last bit of a place decides what counts
    private record Bins(double start, double extent, int samples, DoubleUnaryOperator round) {
        double sample(int bin, int index) {
            double within = round(round((index + 0.5) * extent) / samples);
            return round(round(start + round(bin * extent)) + within);
        }

        private double round(double value) {
            return round.applyAsDouble(value);
        }
    }

    private Bins bins(double from, double to, int count, DType dtype) {
        DoubleUnaryOperator round = dtype == DType.FLOAT64 ? v -> v : v -> (float) v;
        double shift = halfPixel ? 0.5 : 0;
        double start = round.applyAsDouble(round.applyAsDouble(from * scale) - shift);
        double end = round.applyAsDouble(round.applyAsDouble(to * scale) - shift);
        double extent = round.applyAsDouble(end - start);
        extent = halfPixel ? extent : Math.max(extent, 1);
        double samples = sampling > 0 ? sampling : Math.ceil(round.applyAsDouble(extent / count));
        if (!(samples <= 1 << 20)) {
            throw Inference.mismatch("extent of a region", "at most 2^20 elements", extent);
        }
        return new Bins(start, round.applyAsDouble(extent / count), (int) Math.max(0, samples), round);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        // As much as the regions' places, which are values, ask for.
        return Double.POSITIVE_INFINITY;
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor regions = Operands.get(inputs, 1);
        Tensor samples = Operands.get(inputs, 2);
        Tensor y = outputs.get(0);
        int at = 0;
        for (long region = 0; region < y.shape().dim(0); region++) {
            long image = samples.getLong(region);
            if (image < 0 || image >= x.shape().dim(0)) {
                throw Inference.mismatch("sample index", "one in [0, " + x.shape().dim(0) + ")", image);
            }
            Bins columns = bins(regions.getDouble(region * 4), regions.getDouble(region * 4 + 2), width, x.dtype());
            Bins rows = bins(regions.getDouble(region * 4 + 1), regions.getDouble(region * 4 + 3), height, x.dtype());
            for (long c = 0; c < x.shape().dim(1); c++) {
                long plane = (image * x.shape().dim(1) + c) * x.shape().dim(2) * x.shape().dim(3);
                for (int bin = 0; bin < height * width; bin++) {
                    y.setDouble(at++, pooled(x, plane, rows, bin / width, columns, bin % width));
                }
            }
        }
    }

    private double pooled(Tensor x, long plane, Bins rows, int row, Bins columns, int column) {
        double sum = 0;
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < rows.samples; i++) {
            x.requireAlive();
            for (int j = 0; j < columns.samples; j++) {
                double[] corners = corners(x, plane, rows.sample(row, i), columns.sample(column, j));
                for (double corner : corners) {
                    sum += corner;
                    largest = Math.max(largest, corner);
                }
            }
        }
        int count = rows.samples * columns.samples;
        return count == 0 ? 0 : max ? largest : sum / count;
    }

    /// The four elements around a place, each times its weight; zeros outside.
    private static double[] corners(Tensor x, long plane, double row, double column) {
        long height = x.shape().dim(2);
        long width = x.shape().dim(3);
        if (!(row >= -1 && row <= height && column >= -1 && column <= width)) {
            return new double[4];
        }
        double y = Math.clamp(row, 0, height - 1);
        double z = Math.clamp(column, 0, width - 1);
        long top = (long) y;
        long left = (long) z;
        long bottom = Math.min(top + 1, height - 1);
        long right = Math.min(left + 1, width - 1);
        double down = y - top;
        double along = z - left;
        return new double[] {
            (1 - down) * (1 - along) * x.getDouble(plane + top * width + left),
            (1 - down) * along * x.getDouble(plane + top * width + right),
            down * (1 - along) * x.getDouble(plane + bottom * width + left),
            down * along * x.getDouble(plane + bottom * width + right)
        };
    }
}
