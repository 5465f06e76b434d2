package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized element-wise function `y = quantize(f(dequantize(x)))`, a table of 256 entries for 8-bit inputs: com.microsoft
/// QLinearSigmoid and QLinearLeakyRelu, and in Octet's own domain any other. Inputs x, xScale, xZeroPoint, yScale, yZeroPoint.
public record QLinearUnary(UnaryFunction function, float alpha, float beta) implements Op {
    @Override
    public String type() {
        return "QLinear" + function.type();
    }

    @Override
    public String domain() {
        return function == UnaryFunction.SIGMOID || function == UnaryFunction.LEAKY_RELU ? "com.microsoft" : Epilogue.DOMAIN;
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
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
