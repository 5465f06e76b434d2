package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Operators that only move elements, of every type, against index arithmetic.
class DataMovementTest {
    private static final int ROUNDS = 60;

    /// Where an output element comes from.
    @FunctionalInterface
    private interface Origin {
        long[] of(long[] index);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void transposes(DType dtype) {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Tensor x = random(dtype, random, 1 + random.nextInt(4), 1 + random.nextInt(40));
            List<Long> perm = new ArrayList<>(LongStream.range(0, x.shape().rank()).boxed().toList());
            Collections.shuffle(perm, random);

            Tensor y = run(new Transpose(perm), x);

            check(
                    x,
                    y,
                    seed,
                    at -> {
                        long[] from = new long[at.length];
                        for (int i = 0; i < at.length; i++) {
                            from[perm.get(i).intValue()] = at[i];
                        }
                        return from;
                    });
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void slices(DType dtype) {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Tensor x = random(dtype, random, 1 + random.nextInt(3), 9);
            int rank = x.shape().rank();
            long[] starts = new long[rank];
            long[] ends = new long[rank];
            long[] steps = new long[rank];
            for (int i = 0; i < rank; i++) {
                long extent = x.shape().dim(i);
                steps[i] = random.nextInt(1, 4) * (random.nextBoolean() ? 1 : -1);
                starts[i] = random.nextLong(extent);
                ends[i] = steps[i] > 0 ? random.nextLong(starts[i], extent + 3) : -extent - 1;
            }

            Tensor y =
                    run(
                            new Slice(),
                            x,
                            Tensor.vector(starts),
                            Tensor.vector(ends),
                            Tensor.vector(LongStream.range(0, rank).toArray()),
                            Tensor.vector(steps));

            check(
                    x,
                    y,
                    seed,
                    at -> {
                        long[] from = new long[rank];
                        for (int i = 0; i < rank; i++) {
                            from[i] = starts[i] + at[i] * steps[i];
                        }
                        return from;
                    });
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void tilesAndExpands(DType dtype) {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Tensor x = random(dtype, random, 1 + random.nextInt(3), 4);
            int rank = x.shape().rank();
            long[] repeats = random.longs(rank, 1, 4).toArray();
            long[] extents = x.shape().dims();
            for (int i = 0; i < rank; i++) {
                extents[i] = extents[i] == 1 ? repeats[i] : extents[i];
            }
            Origin wrapped =
                    at -> {
                        long[] from = new long[rank];
                        for (int i = 0; i < rank; i++) {
                            from[i] = at[i] % x.shape().dim(i);
                        }
                        return from;
                    };

            check(x, run(new Tile(), x, Tensor.vector(repeats)), seed, wrapped);
            check(x, run(new Expand(), x, Tensor.vector(extents)), seed, wrapped);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void splitsAndConcatenates(DType dtype) {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Tensor x = random(dtype, random, 1 + random.nextInt(3), 7);
            int axis = random.nextInt(x.shape().rank());
            long extent = x.shape().dim(axis);
            long first = random.nextLong(extent + 1);

            List<Tensor> parts = runAll(new Split(axis, 0), 2, x, Tensor.vector(first, extent - first));
            Tensor joined = run(new Concat(axis), parts.toArray(Tensor[]::new));

            check(x, parts.getFirst(), seed, at -> at);
            check(x, joined, seed, at -> at);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void gathersAndPads(DType dtype) {
        for (long round = 0; round < ROUNDS; round++) {
            long seed = round;
            Random random = new Random(seed);
            Tensor x = random(dtype, random, 1 + random.nextInt(3), 5);
            int axis = random.nextInt(x.shape().rank());
            long extent = x.shape().dim(axis);
            long[] indices = random.longs(6, -extent, extent).toArray();

            check(
                    x,
                    run(new Gather(axis), x, Tensor.vector(indices)),
                    seed,
                    at -> {
                        long[] from = at.clone();
                        from[axis] = Math.floorMod(indices[(int) at[axis]], extent);
                        return from;
                    });

            Tensor pads = Tensor.vector(2, 3);
            Tensor axes = Tensor.vector(axis);
            check(
                    x,
                    run(new Pad(Pad.PadMode.EDGE), x, pads, null, axes),
                    seed,
                    at -> {
                        long[] from = at.clone();
                        from[axis] = Math.clamp(at[axis] - 2, 0, extent - 1);
                        return from;
                    });
            Tensor padded = run(new Pad(Pad.PadMode.CONSTANT), x, pads, Tensor.scalar(dtype, 1), axes);
            Tensor one = Tensor.scalar(dtype, 1);
            forEach(
                    padded.shape(),
                    (index, at) -> {
                        long from = at[axis] - 2;
                        boolean inside = from >= 0 && from < extent;
                        long[] source = at.clone();
                        source[axis] = from;
                        double expected = inside ? x.getDouble(linear(x.shape(), source)) : one.getDouble(0);
                        if (padded.getDouble(index) != expected) {
                            throw new AssertionError(
                                    "seed " + seed + ", padding of " + x + " at " + Arrays.toString(at));
                        }
                    });
        }
    }

    private static Tensor random(DType dtype, Random random, int rank, int maxExtent) {
        Shape shape = Shape.of(random.longs(rank, 1, maxExtent + 1).map(e -> rank > 2 ? Math.min(e, 12) : e).toArray());
        Tensor tensor = Tensor.allocate(dtype, shape);
        for (long i = 0; i < shape.elementCount(); i++) {
            tensor.setLong(i, random.nextInt(128));
        }
        return tensor;
    }

    private static Tensor run(Op op, Tensor... operands) {
        return runAll(op, 1, operands).getFirst();
    }

    private static List<Tensor> runAll(Op op, int outputs, Tensor... operands) {
        List<Tensor> inputs = new ArrayList<>(Arrays.asList(operands));
        List<Tensor> results = new ArrayList<>();
        for (TypeInfo type : TypeRules.types(op, outputs, (Object[]) operands)) {
            PartialShape shape = type.shape();
            results.add(Tensor.allocate(type.dtype(), shape.toShape()));
        }
        op.evaluate(inputs, results);
        return results;
    }

    private static void check(Tensor x, Tensor y, long seed, Origin origin) {
        assertThat(y.dtype()).isEqualTo(x.dtype());
        forEach(
                y.shape(),
                (index, at) -> {
                    long from = linear(x.shape(), origin.of(at));
                    if (y.getDouble(index) != x.getDouble(from)) {
                        throw new AssertionError("seed " + seed + ", " + x + " to " + y + " at " + Arrays.toString(at));
                    }
                });
    }

    private interface Visit {
        void accept(long index, long[] at);
    }

    private static void forEach(Shape shape, Visit visit) {
        for (long index = 0; index < shape.elementCount(); index++) {
            long[] at = new long[shape.rank()];
            long rest = index;
            for (int axis = at.length - 1; axis >= 0; axis--) {
                at[axis] = rest % shape.dim(axis);
                rest /= shape.dim(axis);
            }
            visit.accept(index, at);
        }
    }

    private static long linear(Shape shape, long[] at) {
        long[] strides = shape.strides();
        long index = 0;
        for (int axis = 0; axis < at.length; axis++) {
            index += at[axis] * strides[axis];
        }
        return index;
    }
}
