package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Gemm;
import org.jspecify.annotations.Nullable;

/// Products of matrices.
final class MatrixOps {
    private MatrixOps() {}

    static void gemm(NodeRun run, Gemm op) {
        run.result(gemm(op, run.array(0), run.array(1), run.has(2) ? run.array(2) : null));
    }

    static NDArray gemm(Gemm op, NDArray a, NDArray b, @Nullable NDArray c) {
        NDArray product = transposed(a, op.transA()).matMul(transposed(b, op.transB()));
        NDArray scaled = op.alpha() == 1 ? product : product.mul(op.alpha());
        if (c == null) {
            return scaled;
        }
        return scaled.add(op.beta() == 1 ? c : c.mul(op.beta()));
    }

    private static NDArray transposed(NDArray matrix, boolean transpose) {
        return transpose ? matrix.transpose(1, 0) : matrix;
    }
}
