package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Broadcasts to a shape. Inputs x, shape (INT64); the result is the broadcast of both.
public record Expand() implements Op {
    public static Expand of(Attributes attributes) {
        return new Expand();
    }

    @Override
    public String type() {
        return "Expand";
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
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        long[] shape = Operands.indices(inference, 1, "shape");
        long count = shape == null ? Operands.count(inference, 1) : shape.length;
        if (x == null || count < 0) {
            inference.output(0, dtype, null);
            return;
        }
        PartialShape wanted =
                shape == null ? PartialShape.ofRank(Extents.rank(count)) : PartialShape.of(Shape.of(shape));
        inference.output(0, dtype, PartialShape.broadcast(x, wanted));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        long[] strides = StridedLoop.broadcastStrides(x.shape(), y.shape().rank());
        StridedCopy.copy(x, 0, strides, y, 0, y.shape().strides(), y.shape().dims());
    }
}
