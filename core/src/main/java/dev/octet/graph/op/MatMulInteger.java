package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix product of 8-bit tensors with INT32 result, with NumPy's rules for batches. Inputs A, B, aZeroPoint? (one, or
/// one per row), bZeroPoint? (one, or one per column).
public record MatMulInteger() implements Op {
    public static MatMulInteger of(Attributes attributes) {
        return new MatMulInteger();
    }

    @Override
    public String type() {
        return "MatMulInteger";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        DType a = Operands.require(inference, 0, "A", AffineParams.EIGHT_BIT);
        DType b = Operands.require(inference, 1, "B", AffineParams.EIGHT_BIT);
        Operands.requireSame(inference, 2, "a_zero_point", a);
        Operands.requireSame(inference, 3, "b_zero_point", b);
        inference.output(0, DType.INT32, MatrixProduct.outputShape(inference.shape(0), inference.shape(1)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, -1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        int[] aZeroPoints =
                AffineParams.zeroPoints(inputs, 2, a.shape().rank() == 1 ? 1 : a.shape().dim(-2), "zero points of A");
        int[] bZeroPoints =
                AffineParams.zeroPoints(inputs, 3, b.shape().rank() == 1 ? 1 : b.shape().dim(-1), "zero points of B");
        IntegerSums.multiply(a, aZeroPoints, b, bZeroPoints, (i, _, sum) -> y.setLong(i, sum));
    }
}
