package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.integer.IntegerKernels;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.quant.FixedPoint;
import dev.octet.quant.FixedPointBinary;
import dev.octet.quant.FixedPointMean;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.quant.FixedPointProduct;
import dev.octet.quant.FixedPointSoftmax;
import dev.octet.quant.FixedPointSum;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The kernels that compute in integers only: sums and poolings against the portable set, the rest against the scalar
/// arithmetic that is tested against TFLite.
class IntegerKernelsTest extends KernelContract {
    private static final RoundingSteps STEPS = RoundingSteps.SINGLE;

    static LongStream seeds() {
        return LongStream.range(0, 40);
    }

    @Override
    protected KernelSet kernels() {
        return IntegerKernels.INSTANCE;
    }

    private static int from(Random random, int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    private void compare(KernelSpec spec, DType dtype, Shape shape, Random random, Tensor... inputs) {
        Tensor expected =
                KernelRun.run(spec, PortableKernels.INSTANCE.compile(spec).orElseThrow(), dtype, shape, random, inputs);
        assertEqual(spec.toString(), expected, run(spec, dtype, shape, random, inputs));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void sumsOfConvolutions(long seed) {
        Random random = new Random(seed);
        int groups = from(random, 1, 4);
        boolean depthwise = random.nextBoolean();
        int in = depthwise ? groups : groups * from(random, 1, 5);
        int out = depthwise ? groups : groups * from(random, 1, 9);
        int kernel = from(random, 1, 3);
        int dilation = from(random, 1, 2);
        int pad = from(random, 0, 2);
        int stride = from(random, 1, 3);
        int height = from(random, 5, 9);
        int width = from(random, 5, 12);
        int rows = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        int columns = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        ConvGeometry geometry =
                new ConvGeometry(
                        2,
                        groups,
                        in,
                        height,
                        width,
                        out,
                        rows,
                        columns,
                        kernel,
                        kernel,
                        stride,
                        stride,
                        pad,
                        pad,
                        dilation,
                        dilation,
                        random.nextBoolean() ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST);
        DType x = byteType(random);
        DType w = byteType(random);
        KernelSpec spec =
                new KernelSpec.IntegerConv(
                        geometry,
                        x,
                        zeroPoint(random, x),
                        bytes(random, w, out, in / groups, kernel, kernel),
                        zeroPoints(random, w, out),
                        null,
                        new OutputStage.Accumulator());
        compare(
                spec,
                DType.INT32,
                Shape.of(geometry.outputElements()),
                random,
                bytes(random, x, geometry.inputElements()));
    }

    /// Against the transposed convolution of the same numbers as floats, whose sums are exact.
    @ParameterizedTest
    @MethodSource("seeds")
    void sumsOfTransposedConvolutions(long seed) {
        Random random = new Random(seed);
        int groups = from(random, 1, 3);
        boolean depthwise = random.nextBoolean();
        int in = depthwise ? groups : groups * from(random, 1, 5);
        int out = depthwise ? groups : groups * from(random, 1, 6);
        int kernel = from(random, 1, 3);
        int stride = from(random, 1, 3);
        int dilation = from(random, 1, 2);
        int pad = from(random, 0, (kernel - 1) * dilation);
        int height = from(random, 2, 5);
        int width = from(random, 2, 7);
        int rows = (height - 1) * stride + (kernel - 1) * dilation + 1 + from(random, 0, stride - 1) - 2 * pad;
        int columns = (width - 1) * stride + (kernel - 1) * dilation + 1 - pad;
        Layout layout = random.nextBoolean() ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
        ConvGeometry geometry =
                new ConvGeometry(
                        2,
                        groups,
                        out,
                        Math.max(1, rows),
                        columns,
                        in,
                        height,
                        width,
                        kernel,
                        kernel,
                        stride,
                        stride,
                        pad,
                        pad,
                        dilation,
                        dilation,
                        layout);
        DType x = byteType(random);
        int zeroPoint = zeroPoint(random, x);
        Tensor weights = bytes(random, DType.INT8, in, out / groups, kernel, kernel);
        Tensor input = bytes(random, x, geometry.outputElements());
        KernelSpec spec = new IntegerSpec.ConvTranspose(geometry, x, zeroPoint, weights);
        Tensor found = run(spec, DType.INT32, Shape.of(geometry.inputElements()), random, input);
        Tensor centred = Tensor.allocate(DType.FLOAT32, input.shape());
        for (long i = 0; i < input.elementCount(); i++) {
            centred.setFloat(i, input.getInt(i) - zeroPoint);
        }
        ConvGeometry first = geometry.withLayout(Layout.CHANNELS_FIRST);
        Tensor planes = permuted(centred, geometry, true);
        KernelSpec real = new KernelSpec.ConvTranspose(first, weights.cast(DType.FLOAT32), null, Epilogue.NONE);
        Tensor sums =
                KernelRun.run(
                        real,
                        PortableKernels.INSTANCE.compile(real).orElseThrow(),
                        DType.FLOAT32,
                        found.shape(),
                        random,
                        planes);
        assertEqual(spec.toString(), permuted(sums, geometry, false).cast(DType.INT32), found);
    }

    /// Elements in the geometry's layout as channels first, or back.
    private static Tensor permuted(Tensor values, ConvGeometry geometry, boolean output) {
        ConvGeometry first = geometry.withLayout(Layout.CHANNELS_FIRST);
        Tensor permuted = Tensor.allocate(DType.FLOAT32, values.shape());
        int channels = output ? geometry.outChannels() : geometry.inChannels();
        int height = output ? geometry.outHeight() : geometry.inHeight();
        int width = output ? geometry.outWidth() : geometry.inWidth();
        for (int i = 0; i < values.elementCount(); i++) {
            int column = i % width;
            int row = i / width % height;
            int channel = i / width / height % channels;
            int image = i / width / height / channels;
            if (output) {
                permuted.setFloat(i, values.getFloat(geometry.outputIndex(image, channel, row, column)));
            } else {
                permuted.setFloat(
                        geometry.inputIndex(image, channel, row, column),
                        values.getFloat(first.inputIndex(image, channel, row, column)));
            }
        }
        return permuted;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void sumsOfMatrixProducts(long seed) {
        Random random = new Random(seed);
        int m = from(random, 0, 70);
        int n = from(random, 1, 20);
        int k = from(random, 1, 40);
        boolean constant = random.nextBoolean();
        long[] a = {0, (long) m * k};
        long[] b = constant ? new long[2] : new long[] {0, (long) n * k};
        MatMulGeometry geometry = new MatMulGeometry(m, n, k, a, b, random.nextBoolean(), random.nextBoolean());
        DType left = byteType(random);
        DType right = byteType(random);
        Tensor values = bytes(random, right, geometry.elementsB());
        KernelSpec spec =
                new KernelSpec.IntegerMatMul(
                        geometry,
                        left,
                        right,
                        constant ? values : null,
                        zeroPoint(random, left),
                        zeroPoints(random, right, n),
                        null,
                        new OutputStage.Accumulator());
        Tensor operand = bytes(random, left, geometry.elementsA());
        Tensor[] inputs = constant ? new Tensor[] {operand} : new Tensor[] {operand, values};
        compare(spec, DType.INT32, Shape.of(geometry.elementsC()), random, inputs);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void poolings(long seed) {
        Random random = new Random(seed);
        int channels = from(random, 1, 5);
        int height = from(random, 3, 8);
        int width = from(random, 3, 9);
        Layout layout = random.nextBoolean() ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST;
        ConvGeometry geometry =
                new ConvGeometry(
                        2, channels, channels, height, width, channels, height, width, 3, 2, 1, 1, 1, 1, 1, 1, layout);
        DType dtype = byteType(random);
        Tensor x = bytes(random, dtype, geometry.inputElements());
        Shape shape = Shape.of(geometry.outputElements());
        compare(new KernelSpec.Pool(PoolFunction.MAX, geometry, dtype, false, 2), dtype, shape, random, x);
        int min = (int) dtype.minValue() + random.nextInt(100);
        KernelSpec spec = new IntegerSpec.AveragePool(geometry, dtype, min, (int) dtype.maxValue());
        Tensor y = run(spec, dtype, shape, random, x);
        for (int image = 0; image < 2; image++) {
            for (int c = 0; c < channels; c++) {
                int sum = 0;
                int count = 0;
                for (int row = 0; row < 2; row++) {
                    for (int column = 0; column < 1; column++) {
                        sum += x.getInt(geometry.inputIndex(image, c, row, column));
                        count++;
                    }
                }
                int expected = Math.max(min, FixedPoint.mean(sum, count));
                assertThat(y.getInt(geometry.outputIndex(image, c, 0, 0))).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void requantizations(long seed) {
        Random random = new Random(seed);
        int channels = from(random, 1, 7);
        long outer = from(random, 0, 40);
        long inner = from(random, 1, 300);
        FixedPointMultiplier[] multipliers = new FixedPointMultiplier[random.nextBoolean() ? 1 : channels];
        for (int c = 0; c < multipliers.length; c++) {
            multipliers[c] = FixedPointMultiplier.of(random.nextDouble() * 1e-3, STEPS);
        }
        DType dtype = byteType(random);
        int zeroPoint = zeroPoint(random, dtype);
        int[] bias = random.ints(channels, -1 << 20, 1 << 20).toArray();
        int min = (int) dtype.minValue();
        int max = (int) dtype.maxValue() - random.nextInt(30);
        Tensor sums = Tensor.of(Shape.of(outer * channels * inner), random.ints(outer * channels * inner).toArray());
        KernelSpec spec =
                new IntegerSpec.Requantize(outer, channels, inner, bias, multipliers, zeroPoint, min, max, dtype);
        Tensor y = run(spec, dtype, sums.shape(), random, sums);
        for (long i = 0; i < sums.elementCount(); i++) {
            int c = (int) (i / inner % channels);
            FixedPointMultiplier multiplier = multipliers[multipliers.length == 1 ? 0 : c];
            int expected = multiplier.requantize(sums.getInt(i) + bias[c], zeroPoint, min, max);
            assertThat(y.getInt(i)).isEqualTo(expected);
        }
    }

    @Test
    void functionsOfTwoOperandsBroadcast() {
        Random random = new Random(5);
        FixedPointBinary sum = FixedPointSum.of(0.02, 3, 0.05, -7, 0.06, 10, -128, 127, STEPS);
        FixedPointBinary product = new FixedPointProduct(3, -7, FixedPointMultiplier.of(0.02, STEPS), 10, -100, 90);
        Shape[][] shapes = {
            {Shape.of(3, 4, 5), Shape.of(4, 1)},
            {Shape.of(3, 1, 5), Shape.of(2, 5)},
            {Shape.SCALAR, Shape.SCALAR},
            {Shape.of(0, 4), Shape.of(4)},
            {Shape.of(1), Shape.of(70, 300)}
        };
        for (Shape[] pair : shapes) {
            for (FixedPointBinary function : new FixedPointBinary[] {sum, product}) {
                Tensor a = bytes(random, DType.INT8, pair[0].dims());
                Tensor b = bytes(random, DType.UINT8, pair[1].dims());
                Shape shape = Shape.broadcast(pair[0], pair[1]);
                KernelSpec spec =
                        new IntegerSpec.Binary(function, pair[0], pair[1], DType.INT8, DType.UINT8, DType.INT8);
                Tensor y = run(spec, DType.INT8, shape, random, a, b);
                for (long i = 0; i < y.elementCount(); i++) {
                    int expected =
                            function.apply(a.getInt(place(i, shape, pair[0])), b.getInt(place(i, shape, pair[1])));
                    assertThat(y.getInt(i)).as("%s %s", spec, i).isEqualTo(expected);
                }
            }
        }
    }

    /// Where an operand has the element for element `i` of the result.
    private static long place(long i, Shape result, Shape operand) {
        long place = 0;
        long stride = 1;
        long rest = i;
        for (int axis = 1; axis <= result.rank(); axis++) {
            long extent = result.dim(-axis);
            if (axis <= operand.rank()) {
                place += operand.dim(-axis) == 1 ? 0 : rest % extent * stride;
                stride *= operand.dim(-axis);
            }
            rest /= extent;
        }
        return place;
    }

    @Test
    void meansAndSoftmaxOverTheMiddleAxis() {
        Random random = new Random(6);
        FixedPointMean mean = FixedPointMean.of(1.3, 21, 4, -3, -128, 127, STEPS);
        FixedPointSoftmax softmax = FixedPointSoftmax.of(0.1, -128, STEPS);
        Tensor x = bytes(random, DType.INT8, 7, 21, 13);
        Tensor means =
                run(new IntegerSpec.Mean(mean, 7, 13, DType.INT8, DType.INT8), DType.INT8, Shape.of(7, 13), random, x);
        Tensor y = run(new IntegerSpec.Row(softmax, 7, 21, 13, DType.INT8), DType.INT8, x.shape(), random, x);
        for (int line = 0; line < 7 * 13; line++) {
            int[] row = new int[21];
            int sum = 0;
            for (int i = 0; i < 21; i++) {
                row[i] = x.getInt((line / 13 * 21 + i) * 13 + line % 13);
                sum += row[i];
            }
            assertThat(means.getInt(line)).isEqualTo(mean.apply(sum));
            softmax.apply(row, 21);
            for (int i = 0; i < 21; i++) {
                assertThat(y.getInt((line / 13 * 21 + i) * 13 + line % 13)).isEqualTo(row[i]);
            }
        }
    }

    @Test
    void hasNoneForFloats() {
        assertThat(kernels().compile(new KernelSpec.Softmax(false, 1, 2, 3))).isEmpty();
        ConvGeometry geometry = ConvGeometry.of(1, 4, 4, 1, 2, 2);
        assertThat(kernels().compile(new KernelSpec.Pool(PoolFunction.MAX, geometry, DType.FLOAT32, false, 2)))
                .isEmpty();
    }
}
