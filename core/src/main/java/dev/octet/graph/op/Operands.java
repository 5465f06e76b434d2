package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What type rules ask of operands, with one wording of the refusals.
final class Operands {
    static final Set<DType> FLOATING = EnumSet.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16);
    static final Set<DType> INDEX = EnumSet.of(DType.INT32, DType.INT64);

    /// Floating and integer types that arithmetic knows: all but `BOOL` and those below 8 bits.
    static final Set<DType> NUMERIC;

    /// Integers of at least 8 bits.
    static final Set<DType> INTEGER;

    /// Whatever a value can be.
    static final Set<DType> ANY = EnumSet.allOf(DType.class);

    static {
        NUMERIC = EnumSet.allOf(DType.class);
        NUMERIC.removeIf(t -> t == DType.BOOL || t.bits() < 8 || t.isNarrowFloat());
        INTEGER = EnumSet.copyOf(NUMERIC);
        INTEGER.removeAll(FLOATING);
    }

    static final Set<DType> BOOL = EnumSet.of(DType.BOOL);

    private Operands() {}

    /// The operand's type, if allowed.
    static DType require(Inference inference, int input, String name, Set<DType> allowed) {
        DType dtype = inference.dtype(input);
        if (!allowed.contains(dtype)) {
            throw Inference.mismatch(
                    "type of " + name, allowed.size() == 1 ? allowed.iterator().next() : allowed, dtype);
        }
        return dtype;
    }

    /// Refuses a node that leaves out outputs which the operator always has; an empty name counts as given.
    static void requireOutputs(Inference inference, int count) {
        if (inference.outputCount() != count) {
            throw Inference.mismatch("number of outputs", count, inference.outputCount());
        }
    }

    /// Refuses an operand of another type than `expected`; an absent one is left alone.
    static void requireSame(Inference inference, int input, String name, DType expected) {
        if (inference.has(input) && inference.dtype(input) != expected) {
            throw Inference.mismatch("type of " + name, expected, inference.dtype(input));
        }
    }

    /// Refuses an operand that is not a vector of the given extent; an absent one is left alone.
    ///
    /// @return the extent that both describe
    static Dim requireVector(Inference inference, int input, String name, Dim extent) {
        PartialShape shape = inference.has(input) ? inference.shape(input) : null;
        if (shape == null) {
            return extent;
        }
        if (shape.rank() != 1) {
            throw Inference.mismatch("shape of " + name, "one axis", shape);
        }
        return Extents.unify(extent, shape.dim(0), "extent of " + name);
    }

    /// Refuses an operand that cannot be a scalar or a single element; an absent one is left alone.
    static void requireScalar(Inference inference, int input, String name) {
        PartialShape shape = inference.has(input) ? inference.shape(input) : null;
        if (shape != null && shape.dims().stream().anyMatch(d -> d.size() >= 0 && d.size() != 1)) {
            throw Inference.mismatch("shape of " + name, "a scalar", shape);
        }
    }

    /// Refuses an operand of another shape than `expected`, as far as both are known; an absent one is left alone.
    static void requireShape(Inference inference, int input, String name, @Nullable PartialShape expected) {
        PartialShape found = inference.has(input) ? inference.shape(input) : null;
        if (found == null || expected == null) {
            return;
        }
        boolean same = found.rank() == expected.rank();
        for (int axis = 0; same && axis < found.rank(); axis++) {
            same = found.size(axis) < 0 || expected.size(axis) < 0 || found.size(axis) == expected.size(axis);
        }
        if (!same) {
            throw Inference.mismatch("shape of " + name, expected, found);
        }
    }

    /// The number that a constant scalar operand holds, or null if it is not known; its type is checked.
    static @Nullable Long scalar(Inference inference, int input, String name) {
        require(inference, input, name, INTEGER);
        requireScalar(inference, input, name);
        Tensor constant = inference.constant(input);
        return constant == null ? null : (Long) constant.getLong(0);
    }

    /// Refuses an operand of another rank, as far as that is known; an absent one is left alone.
    static void requireRank(Inference inference, int input, String name, int rank) {
        PartialShape shape = inference.has(input) ? inference.shape(input) : null;
        if (shape != null && shape.rank() != rank) {
            throw Inference.mismatch("rank of " + name, rank, shape);
        }
    }

    /// The numbers of a one-dimensional index operand, or null if they are not known; its type is checked.
    static long @Nullable [] indices(Inference inference, int input, String name) {
        require(inference, input, name, INDEX);
        Tensor constant = inference.constant(input);
        PartialShape shape = inference.shape(input);
        if (shape != null && shape.rank() > 1) {
            throw Inference.mismatch("shape of " + name, "one axis", shape);
        }
        return constant == null ? null : constant.toLongArray();
    }

    /// How many numbers a one-dimensional operand has, or -1 if that is not known.
    static long count(Inference inference, int input) {
        PartialShape shape = inference.shape(input);
        if (shape == null) {
            return -1;
        }
        return shape.rank() == 0 ? 1 : shape.size(0);
    }

    /// Shape of an element-wise result, or null if that of an operand is not known.
    static @Nullable PartialShape broadcast(@Nullable PartialShape a, @Nullable PartialShape b) {
        return a == null || b == null ? null : PartialShape.broadcast(a, b);
    }

    /// The operand, which the type rule has found to be present.
    static Tensor get(List<@Nullable Tensor> inputs, int input) {
        Tensor tensor = find(inputs, input);
        if (tensor == null) {
            throw new IllegalArgumentException("input " + input + " is missing");
        }
        return tensor;
    }

    /// The operand, or null if it is absent.
    static @Nullable Tensor find(List<@Nullable Tensor> inputs, int input) {
        return input < inputs.size() ? inputs.get(input) : null;
    }

    /// Axes of a list from a file, in `[0, rank)`.
    static int[] axes(long[] axes, int rank) {
        int[] normalized = new int[axes.length];
        boolean[] seen = new boolean[rank];
        for (int i = 0; i < axes.length; i++) {
            normalized[i] = Shape.normalizeAxis(axes[i], rank);
            if (seen[normalized[i]]) {
                throw new IllegalArgumentException("axis " + axes[i] + " is given twice in " + Arrays.toString(axes));
            }
            seen[normalized[i]] = true;
        }
        return normalized;
    }

    /// A place on an axis; a negative index counts from the end.
    static long index(long index, long extent) {
        if (index < -extent || index >= extent) {
            throw Inference.mismatch("index", "one in [-" + extent + ", " + extent + ")", index);
        }
        return index < 0 ? index + extent : index;
    }

    static long[] toArray(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }
}
