package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `alpha·A'·B' + beta·C` of matrices, primes for the optional transposition. Inputs A `[M, K]`, B `[K, N]`, C?
/// broadcast to `[M, N]`.
public record Gemm(float alpha, float beta, boolean transA, boolean transB) implements Op {
    public static Gemm of(Attributes attributes) {
        return new Gemm(
                attributes.getFloat("alpha", 1),
                attributes.getFloat("beta", 1),
                attributes.getBoolean("transA", false),
                attributes.getBoolean("transB", false));
    }

    @Override
    public String type() {
        return "Gemm";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("alpha", alpha)
                .put("beta", beta)
                .put("transA", transA)
                .put("transB", transB)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 7;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "A", MatrixProduct.TYPES);
        inference.type(1);
        Operands.requireSame(inference, 1, "B", dtype);
        Operands.requireSame(inference, 2, "C", dtype);
        PartialShape y = outputShape(matrix(inference.shape(0), "A", transA), matrix(inference.shape(1), "B", transB));
        PartialShape c = inference.has(2) ? inference.shape(2) : null;
        if (c != null && c.rank() > 2) {
            throw Inference.mismatch("rank of C", "at most 2", c.rank());
        }
        if (c != null) {
            requireBroadcast(c, y);
        }
        inference.output(0, dtype, y);
    }

    private static void requireBroadcast(PartialShape c, PartialShape y) {
        for (int axis = 1; axis <= c.rank(); axis++) {
            long extent = c.size(-axis);
            if (extent >= 0 && extent != 1 && y.size(-axis) >= 0 && extent != y.size(-axis)) {
                throw Inference.mismatch("shape of C", "one that broadcasts to " + y, c);
            }
        }
    }

    /// Shape of the product of two matrices whose transposition is done.
    static PartialShape outputShape(PartialShape a, PartialShape b) {
        Extents.unify(a.dim(1), b.dim(0), "inner extents of " + a + " and " + b);
        return new PartialShape(List.of(a.dim(0), b.dim(1)));
    }

    /// Shape of an operand after its transposition.
    static PartialShape matrix(@Nullable PartialShape shape, String name, boolean transposed) {
        if (shape == null) {
            return PartialShape.ofRank(2);
        }
        if (shape.rank() != 2) {
            throw Inference.mismatch("rank of " + name, 2, shape.rank());
        }
        return transposed ? new PartialShape(List.of(shape.dim(1), shape.dim(0))) : shape;
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, transA ? 0 : 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        MatrixProduct.View a = view(Operands.get(inputs, 0), transA);
        MatrixProduct.View b = view(Operands.get(inputs, 1), transB);
        Tensor c = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        long[] strides = c == null ? new long[2] : StridedLoop.broadcastStrides(c.shape(), 2);
        if (y.dtype().isFloating()) {
            MatrixProduct.multiply(
                    a,
                    b,
                    (row, sums) -> {
                        for (int n = 0; n < sums.length; n++) {
                            double added = c == null ? 0 : beta * c.getDouble(row * strides[0] + n * strides[1]);
                            y.setDouble((long) row * sums.length + n, alpha * sums[n] + added);
                        }
                    });
        } else {
            MatrixProduct.multiplyIntegers(
                    a,
                    b,
                    (row, sums) -> {
                        for (int n = 0; n < sums.length; n++) {
                            long added = c == null ? 0 : scale(beta, c.getLong(row * strides[0] + n * strides[1]));
                            y.setLong((long) row * sums.length + n, scale(alpha, sums[n]) + added);
                        }
                    });
        }
    }

    private static MatrixProduct.View view(Tensor tensor, boolean transposed) {
        MatrixProduct.View view = MatrixProduct.View.of(tensor, 0, tensor.shape().dim(0), tensor.shape().dim(1));
        return transposed ? view.transpose() : view;
    }

    private static long scale(float factor, long value) {
        return factor == (long) factor ? (long) factor * value : (long) (factor * (double) value);
    }
}
