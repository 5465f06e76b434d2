package dev.octet.graph.op;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// QLinearMatMul where an operand or the result is of an 8-bit floating type (operator set 21): the product of what the
/// operands stand for, quantized. Floating codes have no zero point; a result too large becomes the largest number.
final class Float8Product {
    private static final Set<DType> FLOATS =
            EnumSet.of(DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ);

    private static final Set<DType> CODES = EnumSet.copyOf(AffineParams.EIGHT_BIT);

    static {
        CODES.addAll(FLOATS);
    }

    private Float8Product() {}

    /// Whether one of the codes `a`, `b` and `y` is a float.
    static boolean applies(Inference inference) {
        return isFloat(inference, 0) || isFloat(inference, 3) || isFloat(inference, 7);
    }

    private static boolean isFloat(Inference inference, int input) {
        return inference.has(input) && FLOATS.contains(inference.dtype(input));
    }

    static boolean applies(List<@Nullable Tensor> inputs, Tensor y) {
        return FLOATS.contains(Operands.get(inputs, 0).dtype())
                || FLOATS.contains(Operands.get(inputs, 3).dtype())
                || FLOATS.contains(y.dtype());
    }

    /// Likewise as [QLinearMatMul#infer].
    static void infer(Inference inference) {
        for (int input : new int[] {0, 3}) {
            DType dtype = Operands.require(inference, input, input == 0 ? "a" : "b", CODES);
            Operands.require(inference, input + 1, "scale", Operands.FLOATING);
            Operands.requireSame(inference, input + 2, "zero point", dtype);
        }
        Operands.requireScalar(inference, 1, "a_scale");
        Operands.requireScalar(inference, 6, "y_scale");
        Operands.require(inference, 6, "y_scale", Operands.FLOATING);
        inference.output(
                0,
                Operands.require(inference, 7, "y_zero_point", CODES),
                MatrixProduct.outputShape(inference.shape(0), inference.shape(3)));
    }

    static void evaluate(List<@Nullable Tensor> inputs, Tensor y) {
        Tensor product = Tensor.allocate(DType.FLOAT32, y.shape());
        new MatMul().evaluate(List.of(real(inputs, 0), real(inputs, 3)), List.of(product));
        float scale = Operands.get(inputs, 6).getFloat(0);
        boolean floats = FLOATS.contains(y.dtype());
        AffineParams params = new AffineParams(y.dtype(), new float[] {scale}, zeroPoints(inputs, 7));
        for (long i = 0; i < y.elementCount(); i++) {
            if (floats) {
                y.setDouble(i, product.getFloat(i) / scale);
            } else {
                y.setLong(i, params.quantize(product.getFloat(i), 0));
            }
        }
    }

    /// What codes stand for; scales and zero points are one, or one for each column.
    private static Tensor real(List<@Nullable Tensor> inputs, int input) {
        Tensor codes = Operands.get(inputs, input);
        Tensor scale = Operands.get(inputs, input + 1);
        long columns = codes.shape().rank() < 2 ? 1 : codes.shape().dim(-1);
        AffineParams.requirePerChannel(scale, columns, "scales");
        AffineParams params = new AffineParams(codes.dtype(), scale.toFloatArray(), zeroPoints(inputs, input + 2));
        boolean floats = FLOATS.contains(codes.dtype());
        Tensor real = Tensor.allocate(DType.FLOAT32, codes.shape());
        for (long i = 0; i < codes.elementCount(); i++) {
            int column = (int) (i % columns);
            real.setFloat(
                    i,
                    floats
                            ? codes.getFloat(i) * params.scale(column)
                            : params.dequantize((int) codes.getLong(i), column));
        }
        return real;
    }

    private static int[] zeroPoints(List<@Nullable Tensor> inputs, int input) {
        Tensor tensor = Operands.find(inputs, input);
        return tensor == null || FLOATS.contains(tensor.dtype()) ? new int[1] : tensor.toIntArray();
    }
}
