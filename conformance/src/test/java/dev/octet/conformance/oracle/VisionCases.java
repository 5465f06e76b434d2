package dev.octet.conformance.oracle;

import dev.octet.graph.op.AffineGrid;
import dev.octet.graph.op.Col2Im;
import dev.octet.graph.op.DeformConv;
import dev.octet.graph.op.GridSample;
import dev.octet.graph.op.MaxRoiPool;
import dev.octet.graph.op.MaxUnpool;
import dev.octet.graph.op.NonMaxSuppression;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.RoiAlign;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// Operators on positions in pictures.
final class VisionCases {
    private static final Tolerance SAMPLED = new Tolerance(1e-4, 1e-4);

    private VisionCases() {}

    static OracleCase affineGrid(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 20);
        int axes = g.integer(2, 3);
        int batch = g.integer(1, 2);
        long[] size = new long[axes + 2];
        size[0] = batch;
        size[1] = 3;
        for (int i = 0; i < axes; i++) {
            size[2 + i] = g.integer(2, 6);
        }
        String theta = b.input(g.floats(Shape.of(batch, axes, axes + 1), -2, 2));
        return b.build(Tolerance.SUM, b.add(new AffineGrid(g.flip()), theta, b.constant(Tensor.vector(size))));
    }

    static OracleCase gridSample(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 20);
        GridSample.Mode mode = g.oneOf(List.of(GridSample.Mode.values()));
        int axes = mode == GridSample.Mode.CUBIC || g.flip() ? 2 : 3;
        int batch = g.integer(1, 2);
        Shape x = WindowCases.shape(batch, g.integer(1, 3), Draw.extents(g, axes, 2, 6));
        long[] grid = new long[axes + 2];
        grid[0] = batch;
        grid[axes + 1] = axes;
        for (int i = 1; i <= axes; i++) {
            grid[i] = g.integer(1, 5);
        }
        GridSample op = new GridSample(mode, g.oneOf(List.of(GridSample.Padding.values())), g.flip());
        String y = b.add(op, b.input(g.floats(x, -3, 3)), b.input(g.floats(Shape.of(grid), -1.4f, 1.4f)));
        return b.build(SAMPLED, y);
    }

    static OracleCase roiAlign(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 16);
        int batch = g.integer(1, 2);
        int regions = g.integer(1, 4);
        int height = g.integer(3, 9);
        int width = g.integer(3, 9);
        Tensor boxes = Tensor.allocate(DType.FLOAT32, Shape.of(regions, 4));
        for (int i = 0; i < regions; i++) {
            boxes.setFloat(i * 4L, g.integer(0, 10 * width - 1) / 5f);
            boxes.setFloat(i * 4L + 1, g.integer(0, 10 * height - 1) / 5f);
            boxes.setFloat(i * 4L + 2, boxes.getFloat(i * 4L) + g.integer(1, 40) / 7f);
            boxes.setFloat(i * 4L + 3, boxes.getFloat(i * 4L + 1) + g.integer(1, 40) / 7f);
        }
        RoiAlign op = new RoiAlign(g.flip(), g.flip(), g.integer(1, 4), g.integer(1, 4), g.integer(0, 3), 0.5f);
        String y =
                b.add(
                        op,
                        b.input(g.floats(Shape.of(batch, g.integer(1, 3), height, width), -3, 3)),
                        b.input(boxes),
                        b.input(g.integers(DType.INT64, Shape.of(regions), 0, batch - 1)));
        return b.build(SAMPLED, y);
    }

    static OracleCase maxRoiPool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        int batch = g.integer(1, 2);
        int regions = g.integer(1, 4);
        Tensor boxes = Tensor.allocate(DType.FLOAT32, Shape.of(regions, 5));
        for (int i = 0; i < regions; i++) {
            boxes.setFloat(i * 5L, g.integer(0, batch - 1));
            boxes.setFloat(i * 5L + 1, g.integer(0, 5));
            boxes.setFloat(i * 5L + 2, g.integer(0, 5));
            boxes.setFloat(i * 5L + 3, boxes.getFloat(i * 5L + 1) + g.integer(0, 8));
            boxes.setFloat(i * 5L + 4, boxes.getFloat(i * 5L + 2) + g.integer(0, 8));
        }
        String x = b.input(g.floats(Shape.of(batch, g.integer(1, 3), g.integer(4, 9), g.integer(4, 9)), -3, 3));
        MaxRoiPool op = new MaxRoiPool(g.integer(1, 4), g.integer(1, 4), g.flip() ? 1 : 0.5f);
        return b.build(Tolerance.EXACT, b.add(op, x, b.input(boxes)));
    }

    static OracleCase nonMaxSuppression(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        int batch = g.integer(1, 2);
        int count = g.integer(1, 12);
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(batch, count, 4), 0, 1)));
        operands.add(b.input(g.floats(Shape.of(batch, g.integer(1, 3), count), 0, 1)));
        operands.add(b.operand(Tensor.vector(g.integer(1, 5))));
        operands.add(b.operand(Tensor.of(Shape.of(1), g.integer(1, 9) / 10f)));
        if (g.flip()) {
            operands.add(b.operand(Tensor.of(Shape.of(1), g.integer(1, 8) / 10f)));
        }
        NonMaxSuppression op = new NonMaxSuppression(g.flip());
        return b.build(Tolerance.EXACT, b.add(op, operands.toArray(String[]::new)));
    }

    /// The indices of a pooling, and back.
    static OracleCase maxUnpool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 12);
        int axes = g.integer(1, 2);
        long kernel = g.integer(1, 3);
        long[] extents = new long[axes];
        long[] kernels = new long[axes];
        for (int i = 0; i < axes; i++) {
            extents[i] = kernel * g.integer(1, 4);
            kernels[i] = kernel;
        }
        Window window = Window.of(kernels).withStrides(kernels);
        String x = b.input(g.floats(WindowCases.shape(g.integer(1, 2), g.integer(1, 3), extents), -3, 3));
        List<String> pooled = b.add(new Pool(PoolFunction.MAX, window, false, false, false, 2), 2, x);
        return b.build(Tolerance.EXACT, b.add(new MaxUnpool(window), pooled.get(0), pooled.get(1)));
    }

    static OracleCase col2Im(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 18);
        long[] image = Draw.extents(g, 2, 5, 9);
        long[] block = Draw.extents(g, 2, 1, 3);
        long[] strides = Draw.extents(g, 2, 1, 2);
        long[] dilations = Draw.extents(g, 2, 1, 2);
        long[] pads = Draw.extents(g, 4, 0, 1);
        long blocks = 1;
        for (int i = 0; i < 2; i++) {
            blocks *= (image[i] + pads[i] + pads[2 + i] - dilations[i] * (block[i] - 1) - 1) / strides[i] + 1;
        }
        Shape columns = Shape.of(g.integer(1, 2), g.integer(1, 3) * block[0] * block[1], blocks);
        Window window = Window.of().withStrides(strides).withDilations(dilations).withPads(pads);
        String y =
                b.add(
                        new Col2Im(window),
                        b.input(g.floats(columns, -3, 3)),
                        b.constant(Tensor.vector(image)),
                        b.constant(Tensor.vector(block)));
        return b.build(Tolerance.SUM, y);
    }

    static OracleCase deformConv(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 19);
        int group = g.integer(1, 2);
        int offsetGroups = g.integer(1, 2);
        int channels = 2 * g.integer(1, 2);
        long[] kernel = Draw.extents(g, 2, 1, 3);
        long[] image = Draw.extents(g, 2, 4, 7);
        long[] strides = Draw.extents(g, 2, 1, 2);
        long[] pads = Draw.extents(g, 4, 0, 1);
        int batch = g.integer(1, 2);
        int outputs = 2 * g.integer(1, 2);
        long[] out = new long[2];
        for (int i = 0; i < 2; i++) {
            out[i] = (image[i] + pads[i] + pads[2 + i] - kernel[i]) / strides[i] + 1;
        }
        long taps = kernel[0] * kernel[1];
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(WindowCases.shape(batch, channels, image), -3, 3)));
        operands.add(b.weights(g.floats(Shape.of(outputs, channels / group, kernel[0], kernel[1]), -1, 1)));
        operands.add(b.input(g.floats(Shape.of(batch, offsetGroups * taps * 2, out[0], out[1]), -2, 2)));
        if (g.flip()) {
            operands.add(b.weights(g.floats(Shape.of(outputs), -1, 1)));
            if (g.flip()) {
                operands.add(b.input(g.floats(Shape.of(batch, offsetGroups * taps, out[0], out[1]), 0, 1)));
            }
        }
        Window window = Window.of(kernel).withStrides(strides).withPads(pads);
        DeformConv op = new DeformConv(window, group, offsetGroups);
        return b.build(SAMPLED, b.add(op, operands.toArray(String[]::new)));
    }
}
