package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;

/// Arithmetic on extents, known or not. Numbers come from files, so an overflow is an error of the model.
final class Extents {
    /// No model has more axes; a shape operand that claims so is hostile.
    static final int MAX_RANK = 64;

    private Extents() {}

    static long add(long a, long b) {
        long sum = a + b;
        if (((a ^ sum) & (b ^ sum)) < 0) {
            throw overflow(a, "+", b);
        }
        return sum;
    }

    static long multiply(long a, long b) {
        if (Math.multiplyHigh(a, b) != (a * b) >> 63) {
            throw overflow(a, "*", b);
        }
        return a * b;
    }

    private static IllegalArgumentException overflow(long a, String operator, long b) {
        return new IllegalArgumentException("extent " + a + " " + operator + " " + b + " overflows 64 bits");
    }

    static Dim add(Dim a, Dim b) {
        if (a.size() == 0) {
            return b;
        }
        if (b.size() == 0) {
            return a;
        }
        return a.size() < 0 || b.size() < 0 ? Dim.UNKNOWN : Dim.of(add(a.size(), b.size()));
    }

    static Dim multiply(Dim a, Dim b) {
        if (a.size() == 0 || b.size() == 0) {
            return Dim.of(0);
        }
        if (a.size() == 1) {
            return b;
        }
        if (b.size() == 1) {
            return a;
        }
        return a.size() < 0 || b.size() < 0 ? Dim.UNKNOWN : Dim.of(multiply(a.size(), b.size()));
    }

    /// Product of the extents of axes `from` (inclusive) to `to` (exclusive).
    static Dim product(PartialShape shape, int from, int to) {
        Dim product = Dim.of(1);
        for (int axis = from; axis < to; axis++) {
            product = multiply(product, shape.dim(axis));
        }
        return product;
    }

    /// The extent that both describe.
    static Dim unify(Dim a, Dim b, String what) {
        if (a.size() >= 0 && b.size() >= 0 && a.size() != b.size()) {
            throw Inference.mismatch(what, a, b);
        }
        if (a.size() >= 0 || b.equals(Dim.UNKNOWN)) {
            return a;
        }
        return b.size() >= 0 || a.equals(Dim.UNKNOWN) ? b : a;
    }

    /// A rank that a model computes, checked.
    static int rank(long rank) {
        if (rank < 0 || rank > MAX_RANK) {
            throw new IllegalArgumentException("rank: expected at most " + MAX_RANK + ", found " + rank);
        }
        return (int) rank;
    }

    /// A count of elements that has to fit in one Java array.
    static int arrayLength(long count) {
        if (count > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(count + " elements are too many for the reference evaluation");
        }
        return (int) count;
    }
}
