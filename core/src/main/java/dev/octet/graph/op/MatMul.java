package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix product with NumPy's rules for batches and vectors. Inputs A `[…, M, K]`, B `[…, K, N]`.
public record MatMul() implements Op {
    public static MatMul of(Attributes attributes) {
        return new MatMul();
    }

    @Override
    public String type() {
        return "MatMul";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "A", MatrixProduct.TYPES);
        inference.type(1);
        Operands.requireSame(inference, 1, "B", dtype);
        inference.output(0, dtype, MatrixProduct.outputShape(inference.shape(0), inference.shape(1)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, -1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        MatrixProduct.forEachPair(
                Operands.get(inputs, 0), Operands.get(inputs, 1), (a, b, start) -> multiply(a, b, y, start));
    }

    private static void multiply(MatrixProduct.View a, MatrixProduct.View b, Tensor y, long start) {
        if (y.dtype().isFloating()) {
            MatrixProduct.multiply(
                    a,
                    b,
                    (row, sums) -> {
                        for (int n = 0; n < sums.length; n++) {
                            y.setDouble(start + (long) row * sums.length + n, sums[n]);
                        }
                    });
        } else {
            MatrixProduct.multiplyIntegers(
                    a,
                    b,
                    (row, sums) -> {
                        for (int n = 0; n < sums.length; n++) {
                            y.setLong(start + (long) row * sums.length + n, sums[n]);
                        }
                    });
        }
    }
}
