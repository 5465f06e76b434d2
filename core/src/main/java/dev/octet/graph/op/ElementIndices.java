package dev.octet.graph.op;

import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// Indices that name single elements: each stands at the place of the element on all axes but one, and says its place
/// on that. What GatherElements and ScatterElements share.
final class ElementIndices {
    private ElementIndices() {}

    /// Takes the position of an index and the element of the data that it names, both row-major.
    @FunctionalInterface
    interface Pair {
        void accept(long position, long element);
    }

    /// Refuses indices whose rank is not that of the data, or that reach beyond it on another axis than their own.
    static void require(PartialShape data, PartialShape indices, int axis) {
        if (indices.rank() != data.rank()) {
            throw Inference.mismatch("rank of indices", data.rank(), indices.rank());
        }
        int at = Shape.normalizeAxis(axis, data.rank());
        for (int i = 0; i < data.rank(); i++) {
            if (i != at && data.size(i) >= 0 && indices.size(i) > data.size(i)) {
                throw Inference.mismatch("extent of indices on axis " + i, "at most " + data.size(i), indices.size(i));
            }
        }
    }

    static void forEach(Tensor indices, Shape data, int axis, Pair pair) {
        int at = Shape.normalizeAxis(axis, data.rank());
        long extent = data.dim(at);
        long[] strides = data.strides();
        long step = strides[at];
        strides[at] = 0;
        StridedLoop loop = StridedLoop.of(indices.shape().dims(), indices.shape().strides(), strides);
        loop.forEachRow(
                o -> {
                    for (long i = 0; i < loop.length(); i++) {
                        long position = o[0] + i * loop.step(0);
                        long index = Operands.index(indices.getLong(position), extent);
                        pair.accept(position, o[1] + i * loop.step(1) + index * step);
                    }
                },
                0,
                0);
    }
}
