package dev.octet.kernels;

import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Matrix products and convolutions of a kernel set, against their definitions.
public abstract class ProductContract extends KernelContract {
    private static final Epilogue RELU = new Epilogue(UnaryFunction.RELU, 0, 0);
    private static final Epilogue HARD_SWISH = new Epilogue(UnaryFunction.HARD_SWISH, 0, 0).withAffine(0.75f, -0.5f);
    private static final Epilogue LEAKY_RELU = new Epilogue(UnaryFunction.LEAKY_RELU, 0.1f, 0);
    private static final Epilogue SIGMOID = new Epilogue(UnaryFunction.SIGMOID, 0, 0);

    /// Random cases of each test and seed.
    protected int cases() {
        return 30;
    }

    private static Epilogue epilogue(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> RELU;
            case 1 -> HARD_SWISH;
            case 2 -> LEAKY_RELU;
            case 3 -> Epilogue.clip(-0.5f, 0.75f);
            case 4 -> SIGMOID;
            default -> Epilogue.NONE;
        };
    }

    private static int extent(Random random, int bound) {
        return random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1 + random.nextInt(bound);
    }

    private static MatMulGeometry matMulGeometry(Random random, int largestK) {
        int m = extent(random, 70);
        int n = extent(random, 600);
        int k = extent(random, largestK);
        int batches = extent(random, 3);
        boolean transA = random.nextBoolean();
        boolean transB = random.nextBoolean();
        Placement a = placement(random, batches, transA ? k : m, transA ? m : k, false);
        Placement b = placement(random, batches, transB ? n : k, transB ? k : n, random.nextBoolean());
        Placement c = placement(random, batches, m, n, false);
        return new MatMulGeometry(
                m, n, k, a.offsets, b.offsets, c.offsets, a.stride, b.stride, c.stride, transA, transB);
    }

    private record Placement(long[] offsets, int stride) {}

    /// Matrices one after the other or, as heads are in an attention, side by side; or one for all.
    private static Placement placement(Random random, int batches, int rows, int columns, boolean shared) {
        boolean sideBySide = random.nextInt(3) == 0;
        long distance = shared ? 0 : sideBySide ? columns : (long) rows * columns;
        long[] offsets = new long[batches];
        Arrays.setAll(offsets, i -> i * distance);
        return new Placement(offsets, sideBySide ? batches * columns : columns);
    }

    private static ConvGeometry convGeometry(Random random) {
        int groups = extent(random, 6);
        int perGroupIn = random.nextInt(3) == 0 ? 1 : extent(random, 9);
        int perGroupOut = random.nextInt(3) == 0 ? 1 : extent(random, 40);
        int kernelHeight = 1 + random.nextInt(4);
        int kernelWidth = 1 + random.nextInt(4);
        int dilationHeight = 1 + random.nextInt(2);
        int dilationWidth = 1 + random.nextInt(2);
        int strideHeight = 1 + random.nextInt(3);
        int strideWidth = 1 + random.nextInt(3);
        int padTop = random.nextInt(4);
        int padLeft = random.nextInt(4);
        int inHeight = 1 + random.nextInt(20);
        int inWidth = random.nextInt(4) == 0 ? 1 + random.nextInt(400) : 1 + random.nextInt(30);
        int padBottom = random.nextInt(4) + (kernelHeight - 1) * dilationHeight;
        int padRight = random.nextInt(4) + (kernelWidth - 1) * dilationWidth;
        int outHeight = (inHeight + padTop + padBottom - (kernelHeight - 1) * dilationHeight - 1) / strideHeight + 1;
        int outWidth = (inWidth + padLeft + padRight - (kernelWidth - 1) * dilationWidth - 1) / strideWidth + 1;
        return new ConvGeometry(
                1 + random.nextInt(2),
                groups,
                groups * perGroupIn,
                inHeight,
                inWidth,
                groups * perGroupOut,
                outHeight,
                outWidth,
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                padTop,
                padLeft,
                dilationHeight,
                dilationWidth);
    }

    /// Windows and rows larger than any block of a kernel, then random ones.
    private static ConvGeometry convGeometry(Random random, int number) {
        return switch (number) {
            case 0 -> new ConvGeometry(1, 3, 3, 17, 18, 3, 4, 6, 17, 17, 1, 1, 2, 2, 1, 1);
            case 1 -> new ConvGeometry(1, 2, 2, 3, 1500, 2, 3, 1500, 3, 3, 1, 1, 1, 1, 1, 1);
            case 2 -> new ConvGeometry(1, 2, 2, 3, 2500, 2, 2, 1250, 3, 3, 2, 2, 1, 1, 1, 1);
            case 3 -> new ConvGeometry(1, 1, 3, 9, 600, 5, 9, 600, 3, 3, 1, 1, 1, 1, 1, 1);
            case 4 -> new ConvGeometry(1, 1, 70, 12, 12, 33, 6, 6, 1, 1, 2, 2, 0, 0, 1, 1);
            case 5 -> new ConvGeometry(2, 1, 40, 1, 333, 17, 1, 331, 1, 5, 1, 1, 0, 1, 1, 1);
            default -> number % 4 == 0 ? pointwise(random) : convGeometry(random);
        };
    }

    private static ConvGeometry pointwise(Random random) {
        int height = 1 + random.nextInt(25);
        int width = 1 + random.nextInt(25);
        return ConvGeometry.of(extent(random, 300), height, width, extent(random, 150), 1, 1);
    }

    private static Tensor weights(ConvGeometry g, Tensor flat) {
        return flat.reshape(Shape.of(g.outChannels(), g.inChannels() / g.groups(), g.kernelHeight(), g.kernelWidth()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void matMul(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < cases(); i++) {
            MatMulGeometry g = matMulGeometry(random, 600);
            Tensor a = floats(random, g.elementsA());
            Tensor b = floats(random, g.elementsB());
            Tensor bias = random.nextBoolean() ? floats(random, g.n()) : null;
            Tensor residual = random.nextBoolean() ? floats(random, g.elementsC()) : null;
            boolean constant = random.nextBoolean();
            float alpha = random.nextBoolean() ? 1 : 0.125f;
            Epilogue epilogue = epilogue(random);
            KernelSpec spec = new KernelSpec.MatMul(g, constant ? b : null, alpha, bias, residual != null, epilogue);
            Tensor[] inputs = Stream.of(a, constant ? null : b, residual).filter(t -> t != null).toArray(Tensor[]::new);
            Tensor found = run(spec, DType.FLOAT32, Shape.of(g.elementsC()), random, inputs);
            var sums = ProductReference.matMul(g, ProductReference.doubles(a), ProductReference.doubles(b));
            finish(seed + "/" + i + " " + spec, sums, g.k(), alpha, bias, e -> e % g.n(), residual, epilogue, found);
        }
    }

    /// Weights of few bits in blocks, of which the last may be short.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void blockMatMul(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < cases(); i++) {
            int m = extent(random, 40);
            CodedMatrix w = CodedMatrix.random(random, extent(random, 100), extent(random, 150));
            Tensor a = floats(random, m, w.k());
            Tensor bias = random.nextBoolean() ? floats(random, w.n()) : null;
            Epilogue epilogue = epilogue(random);
            KernelSpec spec = new BlockMatMul(m, w.rows(), bias, epilogue);
            Tensor found = run(spec, DType.FLOAT32, Shape.of(m, w.n()), random, a);
            ProductReference.Sums sums = w.product(ProductReference.doubles(a), m);
            finish(seed + "/" + i + " " + spec, sums, w.k(), 1, bias, e -> e % w.n(), null, epilogue, found);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, CHANNELS_FIRST",
        "1, CHANNELS_LAST",
        "2, CHANNELS_FIRST",
        "2, CHANNELS_LAST",
        "3, CHANNELS_FIRST",
        "3, CHANNELS_LAST"
    })
    void conv(long seed, Layout layout) {
        Random random = new Random(seed);
        for (int i = 0; i < cases(); i++) {
            conv(seed + "/" + i, convGeometry(random, i).withLayout(layout), random);
        }
    }

    /// Windows of 3×3 that move by one, over whole vectors of channels and others, for which there may be other
    /// algorithms; images of many tiles of 4×4 pixels, whole and cut.
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void windowsOfNine(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < cases() / 2; i++) {
            conv(seed + "/" + i, windowOfNine(random, i, 16, 16), random);
        }
    }

    /// @param vector that input channels are a multiple of, in most cases
    /// @param least output channels
    private static ConvGeometry windowOfNine(Random random, int number, int vector, int least) {
        int height = 1 + random.nextInt(number % 4 == 0 ? 30 : 10);
        int width = 1 + random.nextInt(number % 4 == 0 ? 30 : 10);
        int top = random.nextInt(3);
        int left = random.nextInt(3);
        int outHeight = Math.max(1, height + top + random.nextInt(3) - 2);
        int outWidth = Math.max(1, width + left + random.nextInt(3) - 2);
        int in = vector * (1 + random.nextInt(3)) + (number % 5 == 0 ? 1 : 0);
        int out = least + 8 * random.nextInt(5) + (number % 5 == 1 ? 3 : 0);
        int batch = 1 + random.nextInt(2);
        return new ConvGeometry(batch, 1, in, height, width, out, outHeight, outWidth, 3, 3, 1, 1, top, left, 1, 1)
                .withLayout(Layout.CHANNELS_LAST);
    }

    private void conv(String what, ConvGeometry g, Random random) {
        Tensor x = floats(random, g.inputElements());
        Tensor w = weights(g, floats(random, (long) g.outChannels() * g.reductionLength()));
        Tensor bias = random.nextBoolean() ? floats(random, g.outChannels()) : null;
        Tensor residual = random.nextBoolean() ? floats(random, g.outputElements()) : null;
        Epilogue epilogue = epilogue(random);
        KernelSpec spec = new KernelSpec.Conv(g, w, bias, residual != null, epilogue);
        Tensor[] inputs = residual == null ? new Tensor[] {x} : new Tensor[] {x, residual};
        Tensor found = run(spec, DType.FLOAT32, Shape.of(g.outputElements()), random, inputs);
        var sums = ProductReference.conv(g, ProductReference.doubles(x), ProductReference.doubles(w));
        finish(
                what + " " + spec,
                sums,
                g.reductionLength(),
                1,
                bias,
                e -> ProductReference.outputChannel(g, e),
                residual,
                epilogue,
                found);
    }

    private static void finish(
            String what,
            ProductReference.Sums sums,
            int length,
            float alpha,
            Tensor bias,
            IntUnaryOperator channelOf,
            Tensor residual,
            Epilogue epilogue,
            Tensor found) {
        Tensor expected = Tensor.allocate(DType.FLOAT64, found.shape());
        for (int e = 0; e < expected.elementCount(); e++) {
            double value =
                    sums.sums()[e] * alpha
                            + (bias == null ? 0 : bias.getDouble(channelOf.applyAsInt(e)))
                            + (residual == null ? 0 : residual.getDouble(e));
            expected.setDouble(
                    e,
                    epilogue.function().apply(value, epilogue.alpha(), epilogue.beta()) * epilogue.scale()
                            + epilogue.shift());
        }
        assertClose(what, expected, found, length, e -> sums.magnitudes()[(int) e] + 3);
    }

    private static OutputStage stage(Random random, int channels, int length) {
        double magnitude = 1 / (100 * Math.sqrt(length));
        DType dtype = byteType(random);
        return switch (random.nextInt(3)) {
            case 0 -> new OutputStage.Accumulator();
            case 1 -> new OutputStage.Dequantize(scales(random, channels, magnitude), epilogue(random));
            default ->
                    new OutputStage.Requantize(
                            scales(random, channels, magnitude),
                            epilogue(random),
                            0.37f + random.nextFloat(),
                            zeroPoint(random, dtype),
                            dtype);
        };
    }

    private static int[] bias(Random random, int channels) {
        if (random.nextInt(3) == 0) {
            return null;
        }
        int bound = random.nextInt(8) == 0 ? 1 << 28 : 10000;
        return random.ints(channels, -bound, bound).toArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void integerMatMul(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < cases(); i++) {
            MatMulGeometry g = matMulGeometry(random, 1400);
            DType typeA = byteType(random);
            DType typeB = byteType(random);
            Tensor a = bytes(random, typeA, g.elementsA());
            Tensor b = bytes(random, typeB, g.elementsB());
            boolean constant = random.nextBoolean();
            int zeroA = zeroPoint(random, typeA);
            int[] zeroB = zeroPoints(random, typeB, g.n());
            boolean dynamicA = random.nextInt(3) == 0;
            boolean dynamicB = random.nextInt(3) == 0;
            int[] bias = bias(random, g.n());
            boolean rescaled = random.nextInt(4) == 0;
            OutputStage stage = rescaled ? rescale(random, g.n(), g.k()) : stage(random, g.n(), g.k());
            float scale = 0.5f + random.nextFloat();
            KernelSpec spec =
                    new KernelSpec.IntegerMatMul(
                            g,
                            typeA,
                            typeB,
                            constant ? b : null,
                            dynamicA ? null : zeroA,
                            dynamicB ? null : zeroB,
                            bias,
                            stage);
            Tensor[] inputs =
                    Stream.of(
                                    a,
                                    constant ? null : b,
                                    dynamicA ? Tensor.scalar(typeA, zeroA) : null,
                                    dynamicB ? zeroPointTensor(typeB, zeroB) : null,
                                    rescaled ? Tensor.scalar(scale) : null)
                            .filter(t -> t != null)
                            .toArray(Tensor[]::new);
            Tensor found = run(spec, stage.dtype(), Shape.of(g.elementsC()), random, inputs);
            double[] left = ProductReference.doubles(a);
            double[] right = ProductReference.doubles(b);
            Arrays.setAll(left, e -> left[e] - zeroA);
            int[] columns = ProductReference.columnsOfB(g);
            Arrays.setAll(right, e -> right[e] - at(zeroB, columns[e]));
            var sums = ProductReference.matMul(g, left, right);
            compare(seed + "/" + i + " " + spec, stage, sums.sums(), e -> e % g.n(), bias, scale, found);
        }
    }

    private static OutputStage rescale(Random random, int channels, int length) {
        float[] bias = random.nextBoolean() ? floats(random, channels).toFloatArray() : null;
        float[] scales = scales(random, channels, 1 / (100 * Math.sqrt(length)));
        return new OutputStage.Rescale(scales, bias, epilogue(random));
    }

    private static Tensor zeroPointTensor(DType dtype, int[] zeroPoints) {
        Tensor tensor = Tensor.allocate(dtype, Shape.of(zeroPoints.length));
        for (int i = 0; i < zeroPoints.length; i++) {
            tensor.setLong(i, zeroPoints[i]);
        }
        return tensor;
    }

    @ParameterizedTest
    @CsvSource({
        "1, CHANNELS_FIRST",
        "1, CHANNELS_LAST",
        "2, CHANNELS_FIRST",
        "2, CHANNELS_LAST",
        "3, CHANNELS_FIRST",
        "3, CHANNELS_LAST",
        "4, CHANNELS_FIRST",
        "4, CHANNELS_LAST"
    })
    void integerConv(long seed, Layout layout) {
        Random random = new Random(seed);
        for (int i = 0; i < cases(); i++) {
            integerConv(seed + "/" + i, convGeometry(random, i).withLayout(layout), random);
        }
    }

    /// As [#windowsOfNine], with whole vectors of words.
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void integerWindowsOfNine(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < cases() / 2; i++) {
            integerConv(seed + "/" + i, windowOfNine(random, i, 32, 16), random);
        }
    }

    private void integerConv(String what, ConvGeometry g, Random random) {
        DType typeX = byteType(random);
        DType typeW = byteType(random);
        Tensor x = bytes(random, typeX, g.inputElements());
        Tensor w = weights(g, bytes(random, typeW, (long) g.outChannels() * g.reductionLength()));
        int zeroX = zeroPoint(random, typeX);
        int[] zeroW = zeroPoints(random, typeW, g.outChannels());
        boolean dynamic = random.nextInt(3) == 0;
        int[] bias = bias(random, g.outChannels());
        OutputStage stage = stage(random, g.outChannels(), g.reductionLength());
        KernelSpec spec = new KernelSpec.IntegerConv(g, typeX, dynamic ? null : zeroX, w, zeroW, bias, stage);
        Tensor[] inputs = dynamic ? new Tensor[] {x, Tensor.scalar(typeX, zeroX)} : new Tensor[] {x};
        Tensor found = run(spec, stage.dtype(), Shape.of(g.outputElements()), random, inputs);
        double[] left = ProductReference.doubles(x);
        double[] right = ProductReference.doubles(w);
        Arrays.setAll(left, e -> left[e] - zeroX);
        Arrays.setAll(right, e -> right[e] - at(zeroW, e / g.reductionLength()));
        var sums = ProductReference.conv(g, left, right);
        IntUnaryOperator channelOf = e -> ProductReference.outputChannel(g, e);
        compare(what + " " + spec, stage, sums.sums(), channelOf, bias, 1, found);
    }

    private static void compare(
            String what,
            OutputStage stage,
            double[] sums,
            IntUnaryOperator channelOf,
            int[] bias,
            float inputScale,
            Tensor found) {
        Tensor expected = ProductReference.stage(stage, sums, channelOf, bias, inputScale);
        switch (stage) {
            case OutputStage.Dequantize d -> compareFloats(what, d.epilogue(), expected, found);
            case OutputStage.Rescale r -> compareFloats(what, r.epilogue(), expected, found);
            case OutputStage.Accumulator _, OutputStage.Requantize _ -> assertEqual(what, expected, found);
        }
    }

    private static void compareFloats(String what, Epilogue epilogue, Tensor expected, Tensor found) {
        double tolerance = epilogue.isNone() ? 0 : 1;
        assertClose(what, expected, found, tolerance * 1e-6, tolerance);
    }
}
