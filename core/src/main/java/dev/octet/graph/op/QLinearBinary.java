package dev.octet.graph.op;

import dev.octet.formula.FloatFunction;
import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized element-wise function (com.microsoft QLinearAdd, QLinearMul) of operands that broadcast. Inputs a, aScale,
/// aZeroPoint, b, bScale, bZeroPoint, yScale, yZeroPoint.
///
/// Each operation is rounded to float. Without an activation, as ONNX Runtime computes on CPUs with AVX2:
///
/// - ADD: `clamp(rne(fma(a, ra, fma(b, rb, yZeroPoint − fma(ra, aZeroPoint, rb·bZeroPoint)))))` with `ra =
///   aScale/yScale` and `rb = bScale/yScale`;
/// - MUL: `clamp(rne(f32((a − aZeroPoint)·(b − bZeroPoint))·((aScale·bScale)/yScale) + yZeroPoint))`.
///
/// With one: `clamp(rne(activation(f((a − aZeroPoint)·aScale, (b − bZeroPoint)·bScale))/yScale) + yZeroPoint)`.
///
/// @param function ADD or MUL
public record QLinearBinary(BinaryFunction function, Epilogue epilogue) implements Op {
    @Override
    public String type() {
        return "QLinear" + function.type();
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "com.microsoft" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        AffineParams.requireTensor(inference, 0, "a");
        AffineParams.requireTensor(inference, 3, "b");
        DType y = AffineParams.outputType(inference, 6);
        if (y == DType.FLOAT32) {
            throw new IllegalArgumentException("input 6 (y_scale) is missing");
        }
        inference.output(0, y, Operands.broadcast(inference.shape(0), inference.shape(3)));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 3);
        Tensor y = outputs.get(0);
        AffineParams left = AffineParams.of(inputs, 1, a.dtype());
        AffineParams right = AffineParams.of(inputs, 4, b.dtype());
        Formula formula = formula(left, right, AffineParams.of(inputs, 6, y.dtype()));
        StridedLoop loop = StridedLoop.broadcast(y.shape(), a.shape(), b.shape());
        loop.forEachRow(
                o -> {
                    for (long n = 0; n < loop.length(); n++) {
                        int p = (int) a.getLong(o[1] + n * loop.step(1));
                        int q = (int) b.getLong(o[2] + n * loop.step(2));
                        y.setLong(o[0] + n * loop.step(0), formula.apply(p, q));
                    }
                },
                0,
                0,
                0);
    }

    /// One result from two integers.
    @FunctionalInterface
    private interface Formula {
        int apply(int a, int b);
    }

    private Formula formula(AffineParams a, AffineParams b, AffineParams y) {
        if (epilogue.isNone() && function == BinaryFunction.ADD) {
            float aRatio = a.scale(0) / y.scale(0);
            float bRatio = b.scale(0) / y.scale(0);
            float fixed = y.zeroPoint(0) - Math.fma(aRatio, a.zeroPoint(0), bRatio * b.zeroPoint(0));
            return (p, q) -> y.saturate(Math.rint(Math.fma(p, aRatio, Math.fma(q, bRatio, fixed))));
        }
        if (epilogue.isNone() && function == BinaryFunction.MUL) {
            float ratio = a.scale(0) * b.scale(0) / y.scale(0);
            return (p, q) -> {
                int product = (p - a.zeroPoint(0)) * (q - b.zeroPoint(0));
                return y.saturate(Math.rint(product * ratio + y.zeroPoint(0)));
            };
        }
        FloatFunction activation = epilogue.toFunction();
        return (p, q) -> {
            double real = function.apply(a.dequantize(p, 0), b.dequantize(q, 0));
            return y.quantize(activation.apply((float) real), 0);
        };
    }
}
