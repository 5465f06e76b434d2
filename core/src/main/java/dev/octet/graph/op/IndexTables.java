package dev.octet.graph.op;

import dev.octet.tensor.Tensor;

/// A copy in which each output axis picks its elements from an input axis by a table of indices.
final class IndexTables {
    private final Tensor from;
    private final Tensor to;
    private final long[][] tables;
    private final long[] fromStrides;

    private IndexTables(Tensor from, Tensor to, long[][] tables) {
        this.from = from;
        this.to = to;
        this.tables = tables;
        this.fromStrides = from.shape().strides();
    }

    /// Copies `to[i, j, …] = from[tables[0][i], tables[1][j], …]`.
    static void copy(Tensor from, Tensor to, long[][] tables) {
        if (to.elementCount() == 0) {
            return;
        }
        if (tables.length == 0) {
            to.data().copyFrom(from.data());
            return;
        }
        new IndexTables(from, to, tables).axis(0, 0, 0, to.elementCount());
    }

    /// Fills the output's elements from `toStart` on that share the indices of the axes before this one.
    private void axis(int axis, long fromStart, long toStart, long count) {
        long[] table = tables[axis];
        if (axis == tables.length - 1) {
            for (int i = 0; i < table.length; i++) {
                Elements.move(from, fromStart + table[i], to, toStart + i);
            }
            return;
        }
        long inner = count / table.length;
        for (int i = 0; i < table.length; i++) {
            long target = toStart + i * inner;
            if (i > 0 && table[i] == table[i - 1]) {
                StridedCopy.copy(to, target - inner, to, target, inner);
            } else {
                axis(axis + 1, fromStart + table[i] * fromStrides[axis], target, inner);
            }
        }
    }
}
