package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.MatMul;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Matrix products of FLOAT32.
final class MatMulOperator implements OperatorLowering<MatMul> {
    @Override
    public TailForm tail(Node node) {
        return new TailForm(true, true, true, true, -1).withTranspose();
    }

    @Override
    public @Nullable Lowered lower(MatMul op, Site site) {
        Tail tail = site.tail();
        // The result of a vector B has no axis of columns that a bias could follow.
        if (!site.isFloat(0) || (tail.bias() != null && site.shape(1).rank() == 1)) {
            return null;
        }
        MatrixOperand left = MatrixOperand.of(site, 0, true);
        MatrixOperand right = MatrixOperand.of(site, 1, false);
        MatMulGeometry geometry = MatMulShapes.geometry(left, right, tail.transpose());
        if (geometry == null) {
            return null;
        }
        Tensor b = MatMulShapes.batch(right.shape()).elementCount() == 1 ? site.constant(1) : null;
        KernelSpec spec =
                new KernelSpec.MatMul(
                        geometry, b, tail.factor(), tail.bias(), tail.residual() != null, tail.activation());
        return new Lowered(
                spec, b == null ? site.withResidual(left.name(), right.name()) : site.withResidual(left.name()));
    }
}
