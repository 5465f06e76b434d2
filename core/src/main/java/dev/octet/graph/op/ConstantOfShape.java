package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tensor of one repeated value. Input shape (INT64).
///
/// @param value one element, whose type is the output's
public record ConstantOfShape(Tensor value) implements Op {
    public static ConstantOfShape of(Attributes attributes) {
        return new ConstantOfShape(attributes.getTensor("value").orElseGet(() -> Tensor.of(Shape.of(1), 0f)));
    }

    @Override
    public String type() {
        return "ConstantOfShape";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("value", value.reshape(Shape.of(1))).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        long[] shape = Operands.indices(inference, 0, "shape");
        long count = Operands.count(inference, 0);
        if (shape != null) {
            inference.output(0, value.dtype(), PartialShape.of(Shape.of(shape)));
        } else {
            inference.output(0, value.dtype(), count < 0 ? null : PartialShape.ofRank(Extents.rank(count)));
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        StridedCopy.fill(outputs.get(0), value);
    }
}
