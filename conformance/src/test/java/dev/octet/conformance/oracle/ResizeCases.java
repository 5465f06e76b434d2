package dev.octet.conformance.oracle;

import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Resize.AspectPolicy;
import dev.octet.graph.op.Resize.CoordinateTransformation;
import dev.octet.graph.op.Resize.NearestMode;
import dev.octet.graph.op.Resize.ResizeMode;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// Resize, of the last two axes of images: what ONNX Runtime has of the linear and cubic modes.
final class ResizeCases {
    private ResizeCases() {}

    static OracleCase resize(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        ResizeMode mode = g.oneOf(List.of(ResizeMode.NEAREST, ResizeMode.LINEAR, ResizeMode.CUBIC));
        List<CoordinateTransformation> known =
                new ArrayList<>(
                        List.of(
                                CoordinateTransformation.HALF_PIXEL,
                                CoordinateTransformation.HALF_PIXEL,
                                CoordinateTransformation.PYTORCH_HALF_PIXEL,
                                CoordinateTransformation.ALIGN_CORNERS,
                                CoordinateTransformation.ASYMMETRIC));
        if (b.opset() >= 19) {
            known.add(CoordinateTransformation.HALF_PIXEL_SYMMETRIC);
        }
        boolean antialias = b.opset() >= 18 && mode != ResizeMode.NEAREST && g.integer(0, 4) == 0;
        boolean withAxes = b.opset() >= 18 && g.flip();
        DType dtype = mode == ResizeMode.NEAREST && g.flip() ? DType.UINT8 : DType.FLOAT32;
        Resize op =
                new Resize(
                        mode,
                        g.oneOf(known),
                        g.oneOf(List.of(NearestMode.values())),
                        g.flip() ? -0.75f : -0.5f,
                        mode == ResizeMode.CUBIC && g.flip(),
                        0,
                        antialias,
                        withAxes ? List.of(2L, 3L) : List.of(),
                        AspectPolicy.STRETCH);
        long height = g.integer(1, 9);
        long width = g.integer(1, 9);
        String x = b.input(Draw.values(g, dtype, Shape.of(g.integer(1, 2), g.integer(1, 3), height, width)));
        Tolerance tolerance = new Tolerance(5e-5, 1e-5);
        if (g.flip()) {
            long[] sizes = {g.integer(1, 14), g.integer(1, 14)};
            Tensor operand =
                    withAxes
                            ? Tensor.vector(sizes)
                            : Tensor.vector(b.type(x).shape().size(0), b.type(x).shape().size(1), sizes[0], sizes[1]);
            return b.build(tolerance, b.add(op, x, "", "", b.constant(operand)));
        }
        List<Float> factors = List.of(0.5f, 1f, 1.5f, 2f, 3f, 0.25f, 1.25f);
        float y = Math.max(g.oneOf(factors), 1f / height);
        float z = Math.max(g.oneOf(factors), 1f / width);
        if (op.coordinates() == CoordinateTransformation.ALIGN_CORNERS) {
            // ONNX Runtime measures by the rounded extent, the standard's cases do not.
            y = (float) Math.ceil(y);
            z = (float) Math.ceil(z);
        }
        // Where the shape stays the same, ONNX Runtime copies, whatever the scales are; with a wider filter
        // (upsample_antialias.h) it does so axis by axis.
        boolean sameHeight = (long) (y * height) == height;
        boolean sameWidth = (long) (z * width) == width;
        y = sameHeight && (sameWidth || antialias) ? 1 : y;
        z = sameWidth && (sameHeight || antialias) ? 1 : z;
        Tensor scales = withAxes ? Tensor.of(Shape.of(2), y, z) : Tensor.of(Shape.of(4), 1f, 1f, y, z);
        return b.build(tolerance, b.add(op, x, "", b.constant(scales)));
    }
}
