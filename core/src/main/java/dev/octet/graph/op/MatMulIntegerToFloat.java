package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix product of 8-bit tensors as real numbers (com.microsoft), with NumPy's rules for batches. Inputs A, B,
/// aScale, bScale, aZeroPoint?, bZeroPoint?, bias?. A has one scale, which may be known at run time only; B has one, or
/// one per column; the FLOAT32 bias has one element per column.
///
/// `y = f32(Σ (a − aZeroPoint)·(b − bZeroPoint))·(aScale·bScale) + bias`, each operation rounded to float: the bits of
/// the chain MatMulInteger, Cast, Mul, Add that dynamic quantization writes.
public record MatMulIntegerToFloat() implements Op {
    public static MatMulIntegerToFloat of(Attributes attributes) {
        return new MatMulIntegerToFloat();
    }

    @Override
    public String type() {
        return "MatMulIntegerToFloat";
    }

    @Override
    public String domain() {
        return "com.microsoft";
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
        DType a = Operands.require(inference, 0, "A", AffineParams.EIGHT_BIT);
        DType b = Operands.require(inference, 1, "B", AffineParams.EIGHT_BIT);
        AffineParams.requireScale(inference, 2, "a_scale");
        Operands.requireScalar(inference, 2, "a_scale");
        AffineParams.requireScale(inference, 3, "b_scale");
        Operands.requireSame(inference, 4, "a_zero_point", a);
        Operands.requireScalar(inference, 4, "a_zero_point");
        Operands.requireSame(inference, 5, "b_zero_point", b);
        Operands.requireSame(inference, 6, "bias", DType.FLOAT32);
        Operands.requireVector(inference, 6, "bias", Dim.UNKNOWN);
        inference.output(0, DType.FLOAT32, MatrixProduct.outputShape(inference.shape(0), inference.shape(1)));
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
        long columns = b.shape().rank() == 1 ? 1 : b.shape().dim(-1);
        float aScale = Operands.get(inputs, 2).getFloat(0);
        Tensor bScale = Operands.get(inputs, 3);
        AffineParams.requirePerChannel(bScale, columns, "scales of B");
        float[] scales = bScale.toFloatArray();
        for (int c = 0; c < scales.length; c++) {
            scales[c] *= aScale;
        }
        Tensor bias = Operands.find(inputs, 6);
        if (bias != null) {
            AffineParams.requirePerChannel(bias, columns, "bias");
        }
        float[] added = bias == null ? new float[1] : bias.toFloatArray();
        IntegerSums.multiply(
                a,
                AffineParams.zeroPoints(inputs, 4, 1, "zero point of A"),
                b,
                AffineParams.zeroPoints(inputs, 5, columns, "zero points of B"),
                (i, column, sum) -> {
                    float real = sum * scales[scales.length == 1 ? 0 : column];
                    y.setFloat(i, real + added[added.length == 1 ? 0 : column]);
                });
    }
}
