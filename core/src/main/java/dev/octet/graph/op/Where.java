package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses `x` where the condition holds, else `y`. Inputs condition (BOOL), x, y; all broadcast.
public record Where() implements Op {
    public static Where of(Attributes attributes) {
        return new Where();
    }

    @Override
    public String type() {
        return "Where";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "condition", Operands.BOOL);
        DType dtype = inference.dtype(1);
        inference.type(2);
        Operands.requireSame(inference, 2, "y", dtype);
        PartialShape chosen = Operands.broadcast(inference.shape(1), inference.shape(2));
        inference.output(0, dtype, Operands.broadcast(inference.shape(0), chosen));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor condition = Operands.get(inputs, 0);
        Tensor x = Operands.get(inputs, 1);
        Tensor y = Operands.get(inputs, 2);
        Tensor result = outputs.get(0);
        StridedLoop loop = StridedLoop.broadcast(result.shape(), condition.shape(), x.shape(), y.shape());
        long count = loop.length();
        loop.forEachRow(
                o -> {
                    for (long n = 0; n < count; n++) {
                        boolean holds = condition.data().get(ValueLayout.JAVA_BYTE, o[1] + n * loop.step(1)) != 0;
                        long to = o[0] + n * loop.step(0);
                        if (holds) {
                            Elements.move(x, o[2] + n * loop.step(2), result, to);
                        } else {
                            Elements.move(y, o[3] + n * loop.step(3), result, to);
                        }
                    }
                },
                0,
                0,
                0,
                0);
    }
}
