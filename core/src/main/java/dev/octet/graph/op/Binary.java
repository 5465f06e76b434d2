package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An element-wise function of two operands that broadcast.
///
/// Inputs a, b of one type; output of that type, or `BOOL` for comparisons.
public record Binary(BinaryFunction function) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return function.attributes();
    }

    @Override
    public int sinceVersion() {
        return function.sinceVersion();
    }

    @Override
    public void infer(Inference inference) {
        DType a = Operands.require(inference, 0, "a", function.operandTypes());
        if (function == BinaryFunction.POW) {
            Operands.require(inference, 1, "b", Operands.NUMERIC);
        } else {
            inference.type(1);
            Operands.requireSame(inference, 1, "b", a);
        }
        inference.output(0, function.isPredicate() ? DType.BOOL : a, outputShape(inference));
    }

    private @Nullable PartialShape outputShape(Inference inference) {
        PartialShape a = inference.shape(0);
        PartialShape b = inference.shape(1);
        if (a == null || b == null) {
            return function == BinaryFunction.PRELU ? a : null;
        }
        PartialShape broadcast = PartialShape.broadcast(a, b);
        if (function != BinaryFunction.PRELU) {
            return broadcast;
        }
        if (broadcast.rank() > a.rank() || grows(a, broadcast)) {
            throw Inference.mismatch("shape of slope", "one that broadcasts to that of x, " + a, b);
        }
        return a;
    }

    private static boolean grows(PartialShape from, PartialShape to) {
        for (int axis = 0; axis < from.rank(); axis++) {
            if (from.size(axis) >= 0 && to.size(axis) >= 0 && from.size(axis) != to.size(axis)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor b = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        StridedLoop loop = StridedLoop.broadcast(y.shape(), a.shape(), b.shape());
        boolean floating = a.dtype().isFloating() || b.dtype().isFloating();
        long count = loop.length();
        loop.forEachRow(
                o -> {
                    long i = o[0];
                    long j = o[1];
                    long k = o[2];
                    for (long n = 0; n < count; n++, i += loop.step(0), j += loop.step(1), k += loop.step(2)) {
                        if (floating) {
                            y.setDouble(i, function.apply(a.getDouble(j), b.getDouble(k)));
                        } else {
                            y.setLong(i, function.apply(a.getLong(j), b.getLong(k), a.dtype()));
                        }
                    }
                },
                0,
                0,
                0);
    }
}
