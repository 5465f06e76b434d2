package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reshapes to a matrix: axes before `axis` are the rows.
public record Flatten(int axis) implements Op {
    public static Flatten of(Attributes attributes) {
        return new Flatten(attributes.getInt("axis", 1));
    }

    @Override
    public String type() {
        return "Flatten";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, inference.dtype(0), PartialShape.ofRank(2));
            return;
        }
        if (axis < -x.rank() || axis > x.rank()) {
            throw Inference.mismatch("attribute axis", "one in [-" + x.rank() + ", " + x.rank() + "]", axis);
        }
        int at = axis < 0 ? axis + x.rank() : axis;
        List<Dim> dims = List.of(Extents.product(x, 0, at), Extents.product(x, at, x.rank()));
        inference.output(0, inference.dtype(0), new PartialShape(dims));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
    }
}
