package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Random;
import java.util.function.LongToDoubleFunction;

/// What every test of a kernel set shares: the set, seeded operands, and how results are compared.
public abstract class KernelContract {
    private static final double FLOAT_STEP = 0x1p-24;

    /// The set under test.
    protected abstract KernelSet kernels();

    /// The kernel for a specification that the set must answer.
    final Kernel compile(KernelSpec spec) {
        return kernels().compile(spec).orElseThrow(() -> new AssertionError("no kernel for " + spec));
    }

    final Tensor run(KernelSpec spec, DType dtype, Shape shape, Random random, Tensor... inputs) {
        return KernelRun.run(spec, compile(spec), dtype, shape, random, inputs);
    }

    /// Floats in [-1, 1).
    static Tensor floats(Random random, long... dims) {
        return uniform(random, 1, dims);
    }

    /// Floats in [-magnitude, magnitude).
    static Tensor uniform(Random random, double magnitude, long... dims) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, (float) ((2 * random.nextDouble() - 1) * magnitude));
        }
        return tensor;
    }

    /// Bytes of all values; in one of three tensors only the type's extremes.
    static Tensor bytes(Random random, DType dtype, long... dims) {
        byte[] values = new byte[(int) Shape.of(dims).elementCount()];
        random.nextBytes(values);
        int extremes = random.nextInt(9);
        for (int i = 0; i < values.length && extremes < 3; i++) {
            boolean largest = extremes == 0 || extremes == 1 && random.nextBoolean();
            values[i] = (byte) (largest ? dtype.maxValue() : dtype.minValue());
        }
        return Tensor.of(dtype, Shape.of(dims), values);
    }

    static DType byteType(Random random) {
        return random.nextBoolean() ? DType.INT8 : DType.UINT8;
    }

    static int zeroPoint(Random random, DType dtype) {
        return switch (random.nextInt(4)) {
            case 0 -> (int) dtype.minValue();
            case 1 -> (int) dtype.maxValue();
            case 2 -> 0;
            default -> (int) (dtype.minValue() + random.nextInt(256));
        };
    }

    /// One, or one per channel.
    static int[] zeroPoints(Random random, DType dtype, int channels) {
        int[] zeroPoints = new int[random.nextBoolean() ? 1 : channels];
        for (int c = 0; c < zeroPoints.length; c++) {
            zeroPoints[c] = zeroPoint(random, dtype);
        }
        return zeroPoints;
    }

    static float[] scales(Random random, int channels, double magnitude) {
        float[] scales = new float[random.nextBoolean() ? 1 : channels];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = (float) ((0.1 + random.nextDouble()) * magnitude);
        }
        return scales;
    }

    /// The entry of channel `c` where one may serve all.
    static int at(int[] values, int c) {
        return values[values.length == 1 ? 0 : c];
    }

    static float at(float[] values, int c) {
        return values[values.length == 1 ? 0 : c];
    }

    /// Bits equal, element by element.
    static void assertEqual(String what, Tensor expected, Tensor found) {
        assertThat(found.dtype()).as(what).isEqualTo(expected.dtype());
        for (long i = 0; i < expected.elementCount(); i++) {
            if (expected.getLong(i) != found.getLong(i)) {
                assertThat(found.getLong(i)).as("%s: element %d", what, i).isEqualTo(expected.getLong(i));
            }
        }
    }

    /// Within the error that a float evaluation of `operations` steps may have.
    ///
    /// @param magnitudes of what was summed for each element
    static void assertClose(
            String what, Tensor expected, Tensor found, int operations, LongToDoubleFunction magnitudes) {
        for (long i = 0; i < expected.elementCount(); i++) {
            double e = expected.getDouble(i);
            double f = found.getDouble(i);
            double bound = (operations + 8) * FLOAT_STEP * magnitudes.applyAsDouble(i) + 1e-37;
            if (!(Math.abs(e - f) <= bound) && Double.compare(e, f) != 0) {
                assertThat(f).as("%s: element %d within %s of %s", what, i, bound, e).isEqualTo(e);
            }
        }
    }

    /// Within `relative` of the larger of the expected value and `floor`.
    static void assertClose(String what, Tensor expected, Tensor found, double relative, double floor) {
        for (long i = 0; i < expected.elementCount(); i++) {
            double e = expected.getDouble(i);
            double f = found.getDouble(i);
            double bound = relative * Math.max(Math.abs(e), floor);
            if (!(Math.abs(e - f) <= bound) && Double.compare(e, f) != 0) {
                assertThat(f).as("%s: element %d within %s of %s", what, i, bound, e).isEqualTo(e);
            }
        }
    }
}
