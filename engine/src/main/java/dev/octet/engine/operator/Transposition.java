package dev.octet.engine.operator;

import dev.octet.graph.op.Transpose;
import dev.octet.kernels.Layout;
import dev.octet.tensor.Shape;

/// A Transpose as what happens in memory, which depends on how its operand and its result lie there.
///
/// @param shape of the operand as it lies in memory
/// @param perm stored axis `i` of the result is stored axis `perm[i]` of the operand
public record Transposition(Shape shape, int[] perm) {
    /// @param x shape of the operand
    /// @param from layout of the operand
    /// @param to layout of the result
    public static Transposition of(Transpose op, Shape x, Layout from, Layout to) {
        int rank = x.rank();
        int[] order = to.order(rank);
        int[] perm = new int[rank];
        for (int i = 0; i < rank; i++) {
            int axis = op.perm().isEmpty() ? rank - 1 - order[i] : Math.toIntExact(op.perm().get(order[i]));
            perm[i] = from.place(axis, rank);
        }
        return new Transposition(from.stored(x), perm);
    }

    /// From one layout to another.
    public static Transposition between(Layout from, Layout to, Shape shape) {
        int[] perm = to.order(shape.rank());
        for (int i = 0; i < perm.length; i++) {
            perm[i] = from.place(perm[i], perm.length);
        }
        return new Transposition(from.stored(shape), perm);
    }

    /// Whether only axes of extent 1 change places with others, so that the result is the operand's memory.
    public boolean isView() {
        int last = -1;
        for (int axis : perm) {
            if (shape.dim(axis) != 1) {
                if (axis < last) {
                    return false;
                }
                last = axis;
            }
        }
        return true;
    }
}
