package dev.octet.graph;

import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/// A shape of known rank whose extents may be unknown before a model runs.
public record PartialShape(List<Dim> dims) {
    public PartialShape {
        dims = List.copyOf(dims);
    }

    public static PartialShape of(Shape shape) {
        return of(shape.dims());
    }

    /// Extents, where a negative one is unknown.
    public static PartialShape of(long... dims) {
        List<Dim> list = new ArrayList<>(dims.length);
        for (long dim : dims) {
            list.add(dim < 0 ? Dim.UNKNOWN : Dim.of(dim));
        }
        return new PartialShape(list);
    }

    /// A shape of the given rank with every extent unknown.
    public static PartialShape ofRank(int rank) {
        return new PartialShape(Collections.nCopies(rank, Dim.UNKNOWN));
    }

    public int rank() {
        return dims.size();
    }

    /// The dimension of an axis; a negative axis counts from the end.
    public Dim dim(int axis) {
        return dims.get(Shape.normalizeAxis(axis, rank()));
    }

    /// Extent of an axis, or -1 if it is not fixed; a negative axis counts from the end.
    public long size(int axis) {
        return dim(axis).size();
    }

    /// Whether every extent is known.
    public boolean isFixed() {
        return dims.stream().allMatch(Dim.Fixed.class::isInstance);
    }

    /// The shape, if every extent is known.
    ///
    /// @throws IllegalStateException if one is not
    public Shape toShape() {
        if (!isFixed()) {
            throw new IllegalStateException("shape " + this + " is not known");
        }
        return Shape.of(dims.stream().mapToLong(Dim::size).toArray());
    }

    public PartialShape with(int axis, Dim dim) {
        List<Dim> copy = new ArrayList<>(dims);
        copy.set(Shape.normalizeAxis(axis, rank()), dim);
        return new PartialShape(copy);
    }

    /// Whether a tensor of this shape is allowed where this partial shape stands.
    public boolean accepts(Shape shape) {
        if (shape.rank() != rank()) {
            return false;
        }
        for (int axis = 0; axis < rank(); axis++) {
            long size = size(axis);
            if (size >= 0 && size != shape.dim(axis)) {
                return false;
            }
        }
        return true;
    }

    /// Shape of an element-wise result; see [Shape#broadcast].
    public static PartialShape broadcast(PartialShape a, PartialShape b) {
        int rank = Math.max(a.rank(), b.rank());
        List<Dim> dims = new ArrayList<>(rank);
        for (int i = rank; i >= 1; i--) {
            Dim x = i <= a.rank() ? a.dim(-i) : Dim.of(1);
            Dim y = i <= b.rank() ? b.dim(-i) : Dim.of(1);
            dims.add(broadcast(x, y, a, b));
        }
        return new PartialShape(dims);
    }

    private static Dim broadcast(Dim x, Dim y, PartialShape a, PartialShape b) {
        if (x.size() == 1) {
            return y;
        }
        if (y.size() == 1) {
            return x;
        }
        if (x.size() >= 0 && y.size() >= 0 && x.size() != y.size()) {
            throw new IllegalArgumentException("shapes " + a + " and " + b + " do not broadcast");
        }
        if (x.size() >= 0) {
            return x;
        }
        if (y.size() >= 0) {
            return y;
        }
        // Either may still turn out to be 1, and equal names promise nothing.
        return Dim.UNKNOWN;
    }

    @Override
    public String toString() {
        return dims.isEmpty() ? "scalar" : dims.stream().map(Dim::toString).collect(Collectors.joining("x"));
    }
}
