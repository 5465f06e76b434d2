package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An element-wise function of one operand.
///
/// Input x; output y of the same type and shape.
public record Unary(UnaryFunction function, float alpha, float beta) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return function.attributes(alpha, beta);
    }

    @Override
    public int sinceVersion() {
        return function.sinceVersion();
    }

    /// The function with its default parameters.
    public static Unary of(UnaryFunction function) {
        return new Unary(function, function.defaultAlpha(), function.defaultBeta());
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", function.operandTypes());
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        if (x.dtype().isFloating() || !function.isDefinedOnIntegers()) {
            double[] values = new double[Elements.chunk(x.elementCount())];
            Elements.forEachChunk(
                    x.elementCount(),
                    (start, count) -> {
                        Elements.read(x, start, values, count);
                        for (int i = 0; i < count; i++) {
                            values[i] = function.apply(values[i], alpha, beta);
                        }
                        Elements.write(values, y, start, count);
                    });
        } else {
            boolean unsigned = !x.dtype().isSigned();
            for (long i = 0; i < x.elementCount(); i++) {
                y.setLong(i, function.apply(x.getLong(i), unsigned));
            }
        }
    }
}
