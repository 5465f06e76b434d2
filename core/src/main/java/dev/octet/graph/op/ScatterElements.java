package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts single elements: `y[i][indices[i][j][k]][k] = updates[i][j][k]` for axis 1, the others are those of x. Inputs
/// x, indices (INT32 or INT64; negative ones count from the end), updates of the shape of the indices.
public record ScatterElements(int axis, ScatterReduction reduction) implements Op {
    public static ScatterElements of(Attributes attributes) {
        return new ScatterElements(
                attributes.getInt("axis", 0), attributes.getEnum("reduction", ScatterReduction.NONE));
    }

    @Override
    public String type() {
        return "ScatterElements";
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (reduction != ScatterReduction.NONE) {
            builder.put("reduction", reduction);
        }
        return builder.build();
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
        PartialShape indices = inference.shape(1);
        if (x != null && indices != null) {
            ElementIndices.require(x, indices, axis);
        }
        Operands.requireShape(inference, 2, "updates", indices);
        inference.output(0, dtype, x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor updates = Operands.get(inputs, 2);
        Tensor y = outputs.get(0);
        y.data().copyFrom(x.data());
        ElementIndices.forEach(
                Operands.get(inputs, 1),
                x.shape(),
                axis,
                (position, element) -> reduction.apply(y, element, updates, position));
    }
}
