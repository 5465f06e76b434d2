package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.quant.FixedPointBinary;
import dev.octet.quant.FixedPointProduct;
import dev.octet.quant.FixedPointSum;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sum, difference or product of 8-bit operands that broadcast, without any float. Inputs a, b. It exists between
/// lowering and running only, and is written to no file.
///
/// @param dtype of the result: INT8 or UINT8
public record IntegerBinary(FixedPointBinary function, DType dtype) implements LoweredOp {
    @Override
    public String type() {
        return switch (function) {
            case FixedPointSum sum -> sum.difference() ? "IntegerSub" : "IntegerAdd";
            case FixedPointProduct _ -> "IntegerMul";
        };
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "a", AffineParams.EIGHT_BIT);
        Operands.require(inference, 1, "b", AffineParams.EIGHT_BIT);
        inference.output(0, dtype, Operands.broadcast(inference.shape(0), inference.shape(1)));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        StridedLoop loop = StridedLoop.broadcast(y.shape(), a.shape(), b.shape());
        loop.forEachRow(
                o -> {
                    for (long n = 0; n < loop.length(); n++) {
                        int left = a.getInt(o[1] + n * loop.step(1));
                        int right = b.getInt(o[2] + n * loop.step(2));
                        y.setLong(o[0] + n * loop.step(0), function.apply(left, right));
                    }
                },
                0,
                0,
                0);
    }
}
