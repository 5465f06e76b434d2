package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Adds up blocks where they lie in a picture; what a convolution's unfolding undoes. Inputs columns `[N, C·(elements
/// of a block), blocks]`, extents of the picture, extents of a block; output `[N, C, extents…]`.
///
/// @param window strides, pads and dilations of the blocks
public record Col2Im(Window window) implements Op {
    public static Col2Im of(Attributes attributes) {
        return new Col2Im(Window.of(attributes));
    }

    @Override
    public String type() {
        return "Col2Im";
    }

    @Override
    public Attributes attributes() {
        return window.attributes().build();
    }

    @Override
    public int sinceVersion() {
        return 18;
    }

    private WindowGeometry geometry(long[] image, long[] block) {
        long[] x = new long[image.length + 2];
        long[] w = new long[image.length + 2];
        Arrays.fill(x, 1);
        Arrays.fill(w, 1);
        System.arraycopy(image, 0, x, 2, image.length);
        System.arraycopy(block, 0, w, 2, block.length);
        return WindowGeometry.of(window, Shape.of(x), Shape.of(w));
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        Operands.requireRank(inference, 0, "columns", 3);
        long[] image = Operands.indices(inference, 1, "extents of the picture");
        long[] block = Operands.indices(inference, 2, "extents of a block");
        PartialShape x = inference.shape(0);
        if (image == null || block == null) {
            long axes = Operands.count(inference, 1);
            inference.output(0, dtype, axes < 0 ? null : PartialShape.ofRank(Extents.rank(axes + 2)));
            return;
        }
        if (image.length != block.length || image.length == 0) {
            throw Inference.mismatch("extents of a block", image.length + " numbers", block.length);
        }
        long elements = 1;
        long blocks = 1;
        WindowGeometry geometry = geometry(image, block);
        for (int axis = 0; axis < image.length; axis++) {
            elements = Extents.multiply(elements, block[axis]);
            blocks = Extents.multiply(blocks, geometry.axis(axis).output());
        }
        Dim channels = Dim.UNKNOWN;
        if (x != null) {
            Extents.unify(Dim.of(blocks), x.dim(2), "blocks");
            if (x.size(1) >= 0) {
                if (elements < 1 || x.size(1) % elements != 0) {
                    throw Inference.mismatch("rows of the columns", "a multiple of " + elements, x.size(1));
                }
                channels = Dim.of(x.size(1) / elements);
            }
        }
        List<Dim> dims = new ArrayList<>(List.of(x == null ? Dim.UNKNOWN : x.dim(0), channels));
        for (long extent : image) {
            dims.add(Dim.of(extent));
        }
        inference.output(0, dtype, new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        long[] image = Operands.get(inputs, 1).toLongArray();
        long[] block = Operands.get(inputs, 2).toLongArray();
        Tensor y = outputs.get(0);
        WindowTaps taps = WindowTaps.ofSliding(geometry(image, block));
        double[] plane = new double[taps.largeElements()];
        double[] row = new double[taps.smallElements()];
        long planes = y.shape().dim(0) * y.shape().dim(1);
        for (long p = 0; p < planes; p++) {
            Arrays.fill(plane, 0);
            for (int t = 0; t < taps.taps().size(); t++) {
                WindowTaps.Tap tap = taps.taps().get(t);
                Elements.read(x, (p * taps.taps().size() + t) * row.length, row, row.length);
                StridedLoop loop = tap.loop();
                tap.forEachRow(o -> {
                    for (long i = 0; i < loop.length(); i++) {
                        plane[(int) (o[1] + i * loop.step(1))] += row[(int) (o[0] + i * loop.step(0))];
                    }
                });
            }
            Elements.write(plane, y, p * plane.length, plane.length);
        }
    }
}
