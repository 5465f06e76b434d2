package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.InstanceNormalization;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Softmax;
import dev.octet.tensor.Shape;

/// Normalizations within a sample, and batch normalization with given statistics.
final class NormalizationOps {
    private NormalizationOps() {}

    /// At inference; in training a [dev.octet.qat.BatchNorm] takes its place.
    static void batch(NodeRun run, BatchNormalization op) {
        NDArray x = run.array(0);
        int rank = x.getShape().dimension();
        NDArray factor = run.array(1).div(run.array(4).add(op.epsilon()).sqrt());
        NDArray shift = run.array(2).sub(run.array(3).mul(factor));
        run.result(x.mul(Shapes.along(factor, 1, rank)).add(Shapes.along(shift, 1, rank)));
    }

    static void layer(NodeRun run, LayerNormalization op) {
        if (run.resultCount() > 1) {
            throw new IllegalArgumentException("its statistics cannot be trained");
        }
        NDArray x = run.array(0);
        Shape shape = Shape.of(x.getShape().getShape());
        int axis = Shape.normalizeAxis(op.axis(), shape.rank());
        NDArray rows = x.reshape(shape.product(0, axis), shape.product(axis, shape.rank()));
        NDArray y = normalized(rows, op.epsilon()).reshape(x.getShape()).mul(run.array(1));
        run.result(run.has(2) ? y.add(run.array(2)) : y);
    }

    static void instance(NodeRun run, InstanceNormalization op) {
        NDArray x = run.array(0);
        int rank = x.getShape().dimension();
        NDArray planes = x.reshape(x.getShape().get(0) * x.getShape().get(1), -1);
        NDArray y = normalized(planes, op.epsilon()).reshape(x.getShape());
        run.result(y.mul(Shapes.along(run.array(1), 1, rank)).add(Shapes.along(run.array(2), 1, rank)));
    }

    private static NDArray normalized(NDArray rows, float epsilon) {
        int[] columns = {1};
        NDArray centred = rows.sub(rows.mean(columns, true));
        return centred.div(centred.square().mean(columns, true).add(epsilon).sqrt());
    }

    static NDArray softmax(NDArray x, Softmax op) {
        Shape shape = Shape.of(x.getShape().getShape());
        int rank = shape.rank();
        if (!op.flattened()) {
            int axis = Shape.normalizeAxis(op.axis(), rank);
            return op.log() ? x.logSoftmax(axis) : x.softmax(axis);
        }
        int axis = op.axis() == rank ? rank : Shape.normalizeAxis(op.axis(), rank);
        NDArray rows = x.reshape(shape.product(0, axis), shape.product(axis, rank));
        return (op.log() ? rows.logSoftmax(1) : rows.softmax(1)).reshape(x.getShape());
    }
}
