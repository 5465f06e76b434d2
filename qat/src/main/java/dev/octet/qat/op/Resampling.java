package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Resize.AspectPolicy;
import dev.octet.graph.op.Resize.CoordinateTransformation;
import dev.octet.graph.op.Resize.ResizeMode;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Resize: nearest neighbours only move elements; interpolation is a matrix along each axis, whose entries are the
/// operator's own results on the unit vectors.
record Resampling(Resize op) implements TrainingOp {
    private static final int SCALES = 2;
    private static final int SIZES = 3;

    /// What a node computes; null if it cannot be trained.
    static @Nullable TrainingOp of(Resize op) {
        if (op.mode() == ResizeMode.NEAREST) {
            return new Rearrangement(op);
        }
        boolean plain =
                op.aspectPolicy() == AspectPolicy.STRETCH
                        && op.coordinates() != CoordinateTransformation.TF_CROP_AND_RESIZE;
        return plain ? new Resampling(op) : null;
    }

    @Override
    public void run(NodeRun run) {
        NDArray y = run.array(0);
        Shape target = run.shape();
        int rank = target.rank();
        for (int position = 0; position < (op.axes().isEmpty() ? rank : op.axes().size()); position++) {
            int axis = op.axes().isEmpty() ? position : Shape.normalizeAxis(op.axes().get(position), rank);
            if (y.getShape().get(axis) != target.dim(axis)) {
                Tensor matrix = matrix(run, position, axis, Shape.of(y.getShape().getShape()));
                NDArray weights = TensorArrays.toArray(run.manager(), matrix);
                y = y.swapAxes(axis, rank - 1).matMul(weights).swapAxes(axis, rank - 1);
            }
        }
        run.result(y);
    }

    /// Weights `[in, out]` along one axis.
    private Tensor matrix(NodeRun run, int position, int axis, Shape shape) {
        long in = shape.dim(axis);
        long[] dims = new long[shape.rank()];
        Arrays.fill(dims, 1);
        // Unit vectors along the axis, one for each index of another axis.
        int other = axis == 0 ? 1 : 0;
        dims[axis] = in;
        dims[other] = in;
        Tensor units = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < in; i++) {
            units.setFloat(i * in + i, 1);
        }
        Resize alongAxis =
                new Resize(
                        op.mode(),
                        op.coordinates(),
                        op.nearestMode(),
                        op.cubicCoefficient(),
                        op.excludeOutside(),
                        op.extrapolationValue(),
                        op.antialias(),
                        List.of((long) axis),
                        op.aspectPolicy());
        List<@Nullable Tensor> operands = new ArrayList<>();
        operands.add(units);
        operands.add(null);
        boolean bySizes = run.has(SIZES);
        operands.add(bySizes ? null : Tensor.of(Shape.of(1), run.constant(SCALES).getFloat(position)));
        if (bySizes) {
            operands.add(Tensor.vector(run.constant(SIZES).getLong(position)));
        }
        Tensor result = NodeRun.evaluate(alongAxis, operands, 1).getFirst();
        long out = result.shape().dim(axis);
        Tensor matrix = Tensor.allocate(DType.FLOAT32, Shape.of(in, out));
        for (long i = 0; i < in; i++) {
            for (long o = 0; o < out; o++) {
                matrix.setFloat(i * out + o, result.getFloat(axis < other ? o * in + i : i * out + o));
            }
        }
        return matrix;
    }
}
