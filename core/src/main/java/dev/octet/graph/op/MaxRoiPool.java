package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The largest element in each bin of regions of a picture. Inputs x `[N, C, H, W]`, regions `[n, 5]` (index of the
/// sample, left, top, right, bottom); output `[n, C, height, width]`, 0 in bins without elements.
public record MaxRoiPool(int height, int width, float scale) implements Op {
    public MaxRoiPool {
        if (height < 0 || width < 0) {
            throw Inference.mismatch("attribute pooled_shape", "positive numbers", List.of(height, width));
        }
    }

    public static MaxRoiPool of(Attributes attributes) {
        List<Long> shape = attributes.getInts("pooled_shape").orElse(List.of(0L, 0L));
        if (shape.size() != 2) {
            throw Inference.mismatch("attribute pooled_shape", "2 numbers", shape);
        }
        return new MaxRoiPool(
                Extents.arrayLength(shape.get(0)),
                Extents.arrayLength(shape.get(1)),
                attributes.getFloat("spatial_scale", 1));
    }

    @Override
    public String type() {
        return "MaxRoiPool";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("pooled_shape", List.of((long) height, (long) width))
                .put("spatial_scale", scale)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Operands.requireSame(inference, 1, "regions", dtype);
        Operands.requireRank(inference, 0, "x", 4);
        inference.type(1);
        Operands.requireShape(inference, 1, "regions", PartialShape.of(-1, 5));
        PartialShape x = inference.shape(0);
        PartialShape regions = inference.shape(1);
        Dim count = regions == null ? Dim.UNKNOWN : regions.dim(0);
        Dim channels = x == null ? Dim.UNKNOWN : x.dim(1);
        inference.output(0, dtype, new PartialShape(List.of(count, channels, Dim.of(height), Dim.of(width))));
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
        Tensor y = outputs.get(0);
        Shape shape = x.shape();
        for (long i = 0; i < y.elementCount(); i++) {
            long region = i / ((long) width * height * shape.dim(1));
            long channel = i / ((long) width * height) % shape.dim(1);
            long image = regions.getLong(region * 5);
            if (image < 0 || image >= shape.dim(0)) {
                throw Inference.mismatch("sample index", "one in [0, " + shape.dim(0) + ")", image);
            }
            long plane = (image * shape.dim(1) + channel) * shape.dim(2) * shape.dim(3);
            long[] rows = bin(regions, region * 5 + 2, i / width % height, height, shape.dim(2));
            long[] columns = bin(regions, region * 5 + 1, i % width, width, shape.dim(3));
            y.setDouble(i, largest(x, plane, rows, columns));
        }
    }

    /// First and end of a bin's elements along an axis.
    private long[] bin(Tensor regions, long corner, long bin, int bins, long extent) {
        long from = Math.round(regions.getDouble(corner) * scale);
        long to = Math.round(regions.getDouble(corner + 2) * scale);
        double size = (double) Math.max(to - from + 1, 1) / bins;
        long first = (long) Math.floor(bin * size) + from;
        long end = (long) Math.ceil((bin + 1) * size) + from;
        return new long[] {Math.clamp(first, 0, extent), Math.clamp(end, 0, extent)};
    }

    private static double largest(Tensor x, long plane, long[] rows, long[] columns) {
        if (rows[0] >= rows[1] || columns[0] >= columns[1]) {
            return 0;
        }
        double largest = Double.NEGATIVE_INFINITY;
        for (long row = rows[0]; row < rows[1]; row++) {
            for (long column = columns[0]; column < columns[1]; column++) {
                largest = Math.max(largest, x.getDouble(plane + row * x.shape().dim(3) + column));
            }
        }
        return largest;
    }
}
