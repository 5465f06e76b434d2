package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Picks single elements: `y[i][j][k] = x[i][indices[i][j][k]][k]` for axis 1. Inputs x, indices (INT32 or INT64;
/// negative ones count from the end); output of the shape of the indices.
public record GatherElements(int axis) implements Op {
    public static GatherElements of(Attributes attributes) {
        return new GatherElements(attributes.getInt("axis", 0));
    }

    @Override
    public String type() {
        return "GatherElements";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 1, "indices", Operands.INDEX);
        PartialShape x = inference.shape(0);
        PartialShape indices = inference.shape(1);
        if (x != null && indices != null) {
            ElementIndices.require(x, indices, axis);
        }
        inference.output(0, inference.dtype(0), indices);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        ElementIndices.forEach(
                Operands.get(inputs, 1),
                x.shape(),
                axis,
                (position, element) -> Elements.move(x, element, outputs.get(0), position));
    }
}
