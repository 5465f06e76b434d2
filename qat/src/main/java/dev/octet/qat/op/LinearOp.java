package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Op;

/// An operator that multiplies by weights, with weights that are given and without its bias. Channels of the result lie
/// on axis 1.
public interface LinearOp {
    /// The product of x and the weights.
    NDArray product(NDArray x, NDArray weights);

    /// The axis of the weights that the output's channels lie on.
    int channelAxis();

    /// The weights with one factor for each output channel.
    default NDArray scaled(NDArray weights, NDArray factors) {
        return weights.mul(Shapes.along(factors, channelAxis(), weights.getShape().dimension()));
    }

    /// @throws IllegalArgumentException if the operator is no such
    static LinearOp of(Op op) {
        return switch (op) {
            case Conv conv -> of(0, (x, w) -> new WindowOps.Convolution(conv).convolve(x, w, null));
            case ConvTranspose conv -> of(1, (x, w) -> new WindowOps.TransposedConvolution(conv).convolve(x, w, null));
            case Gemm gemm -> of(gemm.transB() ? 0 : 1, (x, w) -> MatrixOps.gemm(gemm, x, w, null));
            default -> throw new IllegalArgumentException(op.type() + " does not multiply by weights");
        };
    }

    private static LinearOp of(int axis, java.util.function.BinaryOperator<NDArray> product) {
        return new LinearOp() {
            @Override
            public NDArray product(NDArray x, NDArray weights) {
                return product.apply(x, weights);
            }

            @Override
            public int channelAxis() {
                return axis;
            }
        };
    }
}
