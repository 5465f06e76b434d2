package dev.octet.test;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/// Draws test data from a seed; the same seed draws the same data everywhere.
///
/// ```java
/// Generator.forAll(42, 200, g -> {
///     Tensor x = g.floats(g.shape(1, 4, 9), -1, 1);
///     ...
/// });
/// ```
public final class Generator {
    private static final float[] EXTREMES = {
        0f,
        -0f,
        1f,
        -1f,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN,
        0.5f,
        1.5f,
        2.5f,
        -0.5f,
        16777216f,
        2147483648f
    };

    private final SplittableRandom random;

    private Generator(long seed) {
        random = new SplittableRandom(seed);
    }

    public static Generator of(long seed) {
        return new Generator(seed);
    }

    /// What a case of [#forAll] does.
    @FunctionalInterface
    public interface Property {
        void check(Generator generator) throws Exception;
    }

    /// Checks a property on `count` independent draws. A failure names the seed and the case, from which [#caseOf]
    /// draws the same data again.
    public static void forAll(long seed, int count, Property property) {
        for (int index = 0; index < count; index++) {
            try {
                property.check(caseOf(seed, index));
            } catch (Throwable e) {
                throw new AssertionError(
                        "case "
                                + index
                                + " of seed "
                                + seed
                                + " failed: Generator.caseOf("
                                + seed
                                + ", "
                                + index
                                + ") draws it again: "
                                + e.getMessage(),
                        e);
            }
        }
    }

    /// The generator that [#forAll] gives to one case.
    public static Generator caseOf(long seed, int index) {
        return new Generator(seed * 0x9E3779B97F4A7C15L + index);
    }

    /// An int in `[min, max]`.
    public int integer(int min, int max) {
        return (int) random.nextLong(min, max + 1L);
    }

    public boolean flip() {
        return random.nextBoolean();
    }

    /// A float in `[min, max]`.
    public float uniform(float min, float max) {
        return (float) random.nextDouble(min, max);
    }

    /// A float from the normal distribution.
    public float normal(float mean, float deviation) {
        return (float) (mean + deviation * random.nextGaussian());
    }

    /// A float that breaks careless code: zeros of both signs, ties, denormals, infinities, NaN, limits of integers.
    public float extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    public <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /// A shape of `minRank` to `maxRank` axes with extents from 1 to `maxExtent`.
    public Shape shape(int minRank, int maxRank, int maxExtent) {
        long[] dims = new long[integer(minRank, maxRank)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = integer(1, maxExtent);
        }
        return Shape.of(dims);
    }

    /// A FLOAT32 tensor of uniform values in `[min, max]`.
    public Tensor floats(Shape shape, float min, float max) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, uniform(min, max));
        }
        return tensor;
    }

    /// A FLOAT32 tensor of values from the normal distribution.
    public Tensor normals(Shape shape, float mean, float deviation) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, normal(mean, deviation));
        }
        return tensor;
    }

    /// A FLOAT32 tensor in which about one value in eight is an [#extreme].
    public Tensor floatsWithExtremes(Shape shape, float min, float max) {
        Tensor tensor = floats(shape, min, max);
        for (long i = 0; i < tensor.elementCount(); i++) {
            if (random.nextInt(8) == 0) {
                tensor.setFloat(i, extreme());
            }
        }
        return tensor;
    }

    /// An integer tensor over the whole range of its type; about one value in eight is the smallest or largest.
    public Tensor integers(DType dtype, Shape shape) {
        return integers(dtype, shape, dtype.minValue(), dtype.maxValue());
    }

    /// An integer tensor over `[min, max]`; about one value in eight is one of the two.
    public Tensor integers(DType dtype, Shape shape, long min, long max) {
        Tensor tensor = Tensor.allocate(dtype, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            int choice = random.nextInt(16);
            long value = choice == 0 ? min : choice == 1 || min == max ? max : between(min, max);
            tensor.setLong(i, value);
        }
        return tensor;
    }

    private long between(long min, long max) {
        return max == Long.MAX_VALUE ? random.nextLong() : random.nextLong(min, max + 1);
    }
}
