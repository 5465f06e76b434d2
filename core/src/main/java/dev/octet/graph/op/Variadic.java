package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An element-wise function of one or more operands that broadcast: ONNX Min, Max, Sum, Mean.
public record Variadic(VariadicFunction function) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 8;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "input 0", function.operandTypes());
        PartialShape y = inference.shape(0);
        for (int input = 1; input < inference.inputCount(); input++) {
            inference.type(input);
            Operands.requireSame(inference, input, "input " + input, dtype);
            y = Operands.broadcast(y, inference.shape(input));
        }
        inference.output(0, dtype, y);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        Tensor[] operands = new Tensor[inputs.size()];
        Shape[] shapes = new Shape[operands.length];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = Operands.get(inputs, i);
            shapes[i] = operands[i].shape();
        }
        StridedLoop loop = StridedLoop.broadcast(y.shape(), shapes);
        long[] at = new long[operands.length];
        loop.forEachRow(
                o -> {
                    for (long n = 0; n < loop.length(); n++) {
                        for (int i = 0; i < at.length; i++) {
                            at[i] = o[i + 1] + n * loop.step(i + 1);
                        }
                        long to = o[0] + n * loop.step(0);
                        if (y.dtype().isFloating()) {
                            y.setDouble(to, combine(operands, at));
                        } else {
                            y.setLong(to, combineIntegers(operands, at));
                        }
                    }
                },
                new long[operands.length + 1]);
    }

    private double combine(Tensor[] operands, long[] at) {
        double value = operands[0].getDouble(at[0]);
        for (int i = 1; i < at.length; i++) {
            value = function.combine(value, operands[i].getDouble(at[i]));
        }
        return function == VariadicFunction.MEAN ? value / at.length : value;
    }

    private long combineIntegers(Tensor[] operands, long[] at) {
        // With the sign bit flipped, unsigned numbers compare as signed ones do.
        long flip = operands[0].dtype() == DType.UINT64 ? Long.MIN_VALUE : 0;
        long value = operands[0].getLong(at[0]) ^ flip;
        for (int i = 1; i < at.length; i++) {
            value = function.combine(value, operands[i].getLong(at[i]) ^ flip);
        }
        return value ^ flip;
    }
}
