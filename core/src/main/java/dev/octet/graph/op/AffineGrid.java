package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a grid of positions, -1 to 1 along each axis, comes to lie by affine maps. Inputs maps `[N, 2, 3]` or `[N, 3,
/// 4]`, size (`[N, C, H, W]` or `[N, C, D, H, W]`); output `[N, H, W, 2]` or `[N, D, H, W, 3]`, the coordinate of the
/// last axis first.
///
/// @param alignCorners whether -1 and 1 are the centres of the outermost elements, not their outer edges
public record AffineGrid(boolean alignCorners) implements Op {
    public static AffineGrid of(Attributes attributes) {
        return new AffineGrid(attributes.getBoolean("align_corners", false));
    }

    @Override
    public String type() {
        return "AffineGrid";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("align_corners", alignCorners).build();
    }

    @Override
    public int sinceVersion() {
        return 20;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "theta", Operands.FLOATING);
        PartialShape theta = inference.shape(0);
        long[] size = Operands.indices(inference, 1, "size");
        long count = size != null ? size.length : Operands.count(inference, 1);
        if (count >= 0 && count != 4 && count != 5) {
            throw Inference.mismatch("size", "4 or 5 numbers", count);
        }
        if (theta != null && count >= 0) {
            Operands.requireShape(inference, 0, "theta", PartialShape.of(-1, count - 2, count - 1));
        } else {
            Operands.requireRank(inference, 0, "theta", 3);
        }
        if (count < 0) {
            inference.output(0, dtype, null);
            return;
        }
        List<Dim> dims = new ArrayList<>(List.of(theta == null ? Dim.UNKNOWN : theta.dim(0)));
        for (int axis = 2; axis < count; axis++) {
            dims.add(size == null ? Dim.UNKNOWN : Dim.of(size[axis]));
        }
        if (size != null) {
            dims.set(0, Extents.unify(dims.getFirst(), Dim.of(size[0]), "batch of size"));
        }
        dims.add(Dim.of(count - 2));
        inference.output(0, dtype, new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor theta = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        int axes = y.shape().rank() - 2;
        long points = y.shape().product(1, axes + 1);
        double[] position = new double[axes + 1];
        position[axes] = 1;
        for (long at = 0; at < y.shape().dim(0) * points; at++) {
            long rest = at % points;
            for (int axis = axes; axis >= 1; axis--) {
                long extent = y.shape().dim(axis);
                position[axes - axis] = coordinate(rest % extent, extent);
                rest /= extent;
            }
            for (int row = 0; row < axes; row++) {
                double sum = 0;
                for (int column = 0; column <= axes; column++) {
                    sum += theta.getDouble((at / points * axes + row) * (axes + 1) + column) * position[column];
                }
                y.setDouble(at * axes + row, sum);
            }
        }
    }

    private double coordinate(long index, long extent) {
        if (alignCorners) {
            return extent == 1 ? -1 : 2.0 * index / (extent - 1) - 1;
        }
        return (2.0 * index + 1) / extent - 1;
    }
}
