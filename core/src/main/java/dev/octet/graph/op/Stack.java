package dev.octet.graph.op;

import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts tensors of one type and shape beside each other along a new axis, and takes them apart again.
final class Stack {
    private Stack() {}

    /// @param backwards whether the last one comes first
    /// @param declared type of the parts, for the case that there is none
    static Tensor of(List<Tensor> parts, int axis, boolean backwards, TypeInfo declared) {
        if (parts.isEmpty()) {
            return none(axis, declared);
        }
        Tensor first = parts.getFirst();
        List<@Nullable Tensor> rows = new ArrayList<>();
        Shape row = inserted(first.shape(), axis, 1);
        for (Tensor part : parts) {
            if (!part.shape().equals(first.shape()) || part.dtype() != first.dtype()) {
                throw Inference.mismatch("a value to be stacked", first, part);
            }
            rows.add(part.reshape(row));
        }
        Tensor stacked = Tensor.allocate(first.dtype(), row.with(axis, parts.size()));
        new Concat(axis).evaluate(backwards ? rows.reversed() : rows, List.of(stacked));
        return stacked;
    }

    /// Extents that are not declared count as 0, too.
    private static Tensor none(int axis, TypeInfo declared) {
        PartialShape part = declared.shape() == null ? PartialShape.of() : declared.shape();
        long[] dims = part.dims().stream().mapToLong(d -> Math.max(0, d.size())).toArray();
        int position = Math.min(axis, dims.length);
        return Tensor.allocate(declared.dtype(), inserted(Shape.of(dims), position, 0));
    }

    private static Shape inserted(Shape shape, int axis, long extent) {
        List<Long> dims = new ArrayList<>();
        for (long dim : shape.dims()) {
            dims.add(dim);
        }
        dims.add(axis, extent);
        return Shape.of(Operands.toArray(dims));
    }

    /// The part at a place along an axis, without that axis.
    static Tensor part(Tensor tensor, int axis, long index) {
        Shape shape = tensor.shape();
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            if (i != axis) {
                dims.add(shape.dim(i));
            }
        }
        Tensor part = Tensor.allocate(tensor.dtype(), Shape.of(Operands.toArray(dims)));
        long outer = shape.product(0, axis);
        long inner = shape.product(axis + 1, shape.rank());
        for (long o = 0; o < outer; o++) {
            long from = (o * shape.dim(axis) + index) * inner;
            for (long i = 0; i < inner; i++) {
                Elements.move(tensor, from + i, part, o * inner + i);
            }
        }
        return part;
    }
}
