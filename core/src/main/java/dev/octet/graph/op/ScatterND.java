package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts slices by index vectors: `y[indices[i, j, 0], indices[i, j, 1], …] = updates[i, j]`, the others are those of x.
/// Inputs x, indices (INT32 or INT64; negative ones count from the end), updates.
public record ScatterND(ScatterReduction reduction) implements Op {
    public static ScatterND of(Attributes attributes) {
        return new ScatterND(attributes.getEnum("reduction", ScatterReduction.NONE));
    }

    @Override
    public String type() {
        return "ScatterND";
    }

    @Override
    public Attributes attributes() {
        return reduction == ScatterReduction.NONE
                ? Attributes.EMPTY
                : Attributes.builder().put("reduction", reduction).build();
    }

    @Override
    public int sinceVersion() {
        return reduction.sinceVersion();
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", reduction.operandTypes());
        Operands.require(inference, 1, "indices", Operands.INDEX);
        Operands.requireSame(inference, 2, "updates", dtype);
        PartialShape x = inference.shape(0);
        Operands.requireShape(inference, 2, "updates", TupleIndices.slices(x, inference.shape(1), 0));
        inference.output(0, dtype, x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor updates = Operands.get(inputs, 2);
        Tensor y = outputs.get(0);
        y.data().copyFrom(x.data());
        TupleIndices tuples = TupleIndices.of(Operands.get(inputs, 1), x.shape(), 0);
        tuples.forEach((vector, start) -> {
            for (long i = 0; i < tuples.slice(); i++) {
                reduction.apply(y, start + i, updates, vector * tuples.slice() + i);
            }
        });
    }
}
