package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sums or products of all elements before each one along an axis: ONNX CumSum, CumProd. Inputs x, axis (a scalar).
///
/// @param exclusive whether an element itself is left out
/// @param reverse whether it is the elements after each one
public record Cumulative(boolean product, boolean exclusive, boolean reverse) implements Op {
    static Cumulative of(boolean product, Attributes attributes) {
        return new Cumulative(
                product, attributes.getBoolean("exclusive", false), attributes.getBoolean("reverse", false));
    }

    @Override
    public String type() {
        return product ? "CumProd" : "CumSum";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("exclusive", exclusive).put("reverse", reverse).build();
    }

    @Override
    public int sinceVersion() {
        return product ? 26 : 11;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.NUMERIC);
        Long axis = Operands.scalar(inference, 1, "axis");
        if (axis != null && inference.shape(0) != null) {
            Shape.normalizeAxis(axis, inference.shape(0).rank());
        }
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape shape = x.shape();
        int at = Shape.normalizeAxis(Operands.get(inputs, 1).getLong(0), shape.rank());
        long extent = shape.dim(at);
        long inner = shape.product(at + 1, shape.rank());
        for (long lane = 0; lane < shape.product(0, at) * inner; lane++) {
            long first = lane / inner * extent * inner + lane % inner;
            long start = reverse ? first + (extent - 1) * inner : first;
            accumulate(x, outputs.get(0), start, reverse ? -inner : inner, extent);
        }
    }

    private void accumulate(Tensor x, Tensor y, long start, long step, long count) {
        boolean floating = x.dtype().isFloating();
        double real = product ? 1 : 0;
        long integer = product ? 1 : 0;
        for (long i = 0, at = start; i < count; i++, at += step) {
            double realBefore = real;
            long integerBefore = integer;
            if (floating) {
                real = product ? real * x.getDouble(at) : real + x.getDouble(at);
                y.setDouble(at, exclusive ? realBefore : real);
            } else {
                integer = product ? integer * x.getLong(at) : integer + x.getLong(at);
                y.setLong(at, exclusive ? integerBefore : integer);
            }
        }
    }
}
