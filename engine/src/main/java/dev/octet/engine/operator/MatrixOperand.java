package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Transpose;
import dev.octet.tensor.Shape;
import java.util.Arrays;

/// An operand of a matrix product, and how far apart its elements lie: what a Transpose before the product would move
/// can be read where it is.
///
/// @param name of the value to read
/// @param shape `[…, rows, columns]`
/// @param strides of the axes in the value's memory
record MatrixOperand(String name, Shape shape, long[] strides) {
    /// A vector is a row if it is the left operand, and a column if it is the right one. Rows of the left operand are
    /// contiguous: kernels are for these, and what turns pixels into rows is often free already.
    static MatrixOperand of(Site site, int input, boolean left) {
        String name = site.name(input);
        Shape shape = site.shape(input);
        if (shape.rank() == 1) {
            Shape matrix = left ? Shape.of(1, shape.dim(0)) : Shape.of(shape.dim(0), 1);
            return new MatrixOperand(name, matrix, matrix.strides());
        }
        Node producer = site.values().producer(name);
        if (producer != null && producer.op() instanceof Transpose transpose && !site.isConstant(name)) {
            MatrixOperand before = before(transpose, producer.input(0), site);
            if (left ? !before.isTransposed() : before.hasRows()) {
                return before;
            }
        }
        return new MatrixOperand(name, shape, shape.strides());
    }

    private static MatrixOperand before(Transpose op, String x, Site site) {
        Shape from = Site.shape(site.values(), x);
        long[] strides = from.strides();
        int rank = strides.length;
        long[] moved = new long[rank];
        long[] dims = new long[rank];
        for (int i = 0; i < rank; i++) {
            int axis = op.perm().isEmpty() ? rank - 1 - i : Math.toIntExact(op.perm().get(i));
            moved[i] = strides[axis];
            dims[i] = from.dim(axis);
        }
        return new MatrixOperand(x, Shape.of(dims), moved);
    }

    /// Whether the elements of a row, or those of a column, are neighbours.
    private boolean hasRows() {
        int rank = strides.length;
        return !isTransposed() || shape.dim(-2) <= 1 || strides[rank - 2] == 1;
    }

    /// Whether a matrix lies in memory as `[columns, rows]`.
    boolean isTransposed() {
        return shape.dim(-1) > 1 && strides[strides.length - 1] != 1;
    }

    /// Elements from one row in memory to the next.
    long rowStride() {
        long length = isTransposed() ? shape.dim(-2) : shape.dim(-1);
        return Math.max(length, strides[strides.length - (isTransposed() ? 1 : 2)]);
    }

    /// Whether all matrices follow one another without gaps.
    boolean isDense() {
        return Arrays.equals(strides, shape.strides());
    }
}
