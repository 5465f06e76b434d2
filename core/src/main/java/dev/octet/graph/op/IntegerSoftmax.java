package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.quant.FixedPointLogSoftmax;
import dev.octet.quant.FixedPointRow;
import dev.octet.quant.FixedPointSoftmax;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Softmax of 8-bit integers along an axis, or its logarithm, without any float. Input x; the output has its type and
/// the parameters that the function says. It exists between lowering and running only, and is written to no file.
public record IntegerSoftmax(int axis, FixedPointRow function) implements LoweredOp {
    @Override
    public String type() {
        return switch (function) {
            case FixedPointSoftmax _ -> "IntegerSoftmax";
            case FixedPointLogSoftmax _ -> "IntegerLogSoftmax";
        };
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        if (inference.shape(0) != null) {
            Shape.normalizeAxis(axis, inference.shape(0).rank());
        }
        inference.output(0, dtype, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        int rank = x.shape().rank();
        int at = Shape.normalizeAxis(axis, rank);
        int length = Math.toIntExact(x.shape().dim(at));
        long inner = x.shape().product(at + 1, rank);
        int[] row = new int[length];
        for (long r = 0; length > 0 && r < x.elementCount() / length; r++) {
            long start = r / inner * inner * length + r % inner;
            for (int i = 0; i < length; i++) {
                row[i] = x.getInt(start + i * inner);
            }
            function.apply(row, length);
            for (int i = 0; i < length; i++) {
                y.setLong(start + i * inner, row[i]);
            }
        }
    }
}
