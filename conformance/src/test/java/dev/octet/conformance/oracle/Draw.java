package dev.octet.conformance.oracle;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// What several operators draw.
final class Draw {
    private Draw() {}

    /// A shape that has, now and then, an extent of 0.
    static Shape shape(Generator g, int minRank, int maxRank, int maxExtent) {
        Shape shape = g.shape(minRank, maxRank, maxExtent);
        return shape.rank() > 0 && g.integer(0, 24) == 0 ? shape.with(g.integer(0, shape.rank() - 1), 0) : shape;
    }

    /// A shape that broadcasts to the given one: leading axes dropped, extents replaced by 1.
    static Shape broadcastTo(Generator g, Shape shape) {
        int dropped = g.integer(0, 2) == 0 ? g.integer(0, shape.rank()) : 0;
        long[] dims = LongStream.of(shape.dims()).skip(dropped).toArray();
        for (int i = 0; i < dims.length; i++) {
            if (g.integer(0, 3) == 0) {
                dims[i] = 1;
            }
        }
        return Shape.of(dims);
    }

    /// Values of any type here: floats in `[-3, 3]`, 8-bit integers over their range, others in `[-50, 50]`.
    static Tensor values(Generator g, DType dtype, Shape shape) {
        return switch (dtype) {
            case FLOAT32 -> g.floats(shape, -3, 3);
            case FLOAT64, FLOAT16, BFLOAT16 -> g.floats(shape, -3, 3).cast(dtype);
            case BOOL -> g.integers(DType.INT8, shape, 0, 1).cast(DType.BOOL);
            case INT8, UINT8 -> g.integers(dtype, shape);
            default -> g.integers(dtype, shape, dtype.isSigned() ? -50 : 0, 50);
        };
    }

    /// A permutation of `[0, n)`.
    static long[] permutation(Generator g, int n) {
        long[] perm = LongStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = g.integer(0, i);
            long swap = perm[i];
            perm[i] = perm[j];
            perm[j] = swap;
        }
        return perm;
    }

    /// Some axes of a rank in any order; at least `min`.
    static long[] axes(Generator g, int rank, int min) {
        return Arrays.copyOf(permutation(g, rank), g.integer(min, rank));
    }

    /// The same axes, some counted from the end.
    static long[] someNegative(Generator g, long[] axes, int rank) {
        return LongStream.of(axes).map(a -> g.flip() ? a - rank : a).toArray();
    }

    static int axis(Generator g, int rank) {
        return g.integer(0, rank - 1) - (g.flip() ? rank : 0);
    }

    static long[] extents(Generator g, int count, int min, int max) {
        return IntStream.range(0, count).mapToLong(_ -> g.integer(min, max)).toArray();
    }

    static List<Long> list(long... values) {
        return LongStream.of(values).boxed().toList();
    }

    /// 1 or 2 as a rule, now and then more than a vector register holds.
    static int channels(Generator g) {
        return g.integer(0, 5) == 0 ? g.integer(9, 35) : g.integer(1, 6);
    }
}
