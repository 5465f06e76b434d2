package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized element-wise function `clamp(rne(f((x − xZeroPoint)·xScale)/yScale) + yZeroPoint)`, a table of 256
/// entries: com.microsoft QLinearSigmoid and QLinearLeakyRelu, and in Octet's own domain any other. Inputs x, xScale,
/// xZeroPoint, yScale, yZeroPoint.
public record QLinearUnary(UnaryFunction function, float alpha, float beta) implements Op {
    public static QLinearUnary of(Unary op) {
        return new QLinearUnary(op.function(), op.alpha(), op.beta());
    }

    @Override
    public String type() {
        return "QLinear" + function.type();
    }

    @Override
    public String domain() {
        return function == UnaryFunction.SIGMOID || function == UnaryFunction.LEAKY_RELU
                ? "com.microsoft"
                : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return function.attributes(alpha, beta);
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        AffineParams.requireTensor(inference, 0, "x");
        DType y = AffineParams.outputType(inference, 3);
        if (y == DType.FLOAT32) {
            throw new IllegalArgumentException("input 3 (y_scale) is missing");
        }
        inference.output(0, y, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        AffineParams xParams = AffineParams.of(inputs, 1, x.dtype());
        AffineParams yParams = AffineParams.of(inputs, 3, y.dtype());
        int min = (int) x.dtype().minValue();
        int[] table = new int[256];
        for (int i = 0; i < table.length; i++) {
            double value = function.apply(xParams.dequantize(min + i, 0), alpha, beta);
            table[i] = yParams.quantize((float) value, 0);
        }
        for (long i = 0; i < x.elementCount(); i++) {
            y.setLong(i, table[(int) x.getLong(i) - min]);
        }
    }
}
