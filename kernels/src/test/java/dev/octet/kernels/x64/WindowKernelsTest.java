package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Depthwise convolution and pooling, with windows of every size, stride, dilation and padding, against portable code.
final class WindowKernelsTest {
    private static final List<Epilogue> EPILOGUES =
            List.of(
                    Epilogue.NONE,
                    new Epilogue(UnaryFunction.RELU, 0, 0),
                    new Epilogue(UnaryFunction.HARD_SWISH, 0, 0, 0.9f, 0.1f),
                    new Epilogue(UnaryFunction.GELU, 0, 0),
                    new Epilogue(UnaryFunction.SOFTPLUS, 0, 0));

    private static ConvGeometry geometry(Random random, Tier tier) {
        int channels = tier.lanes() + random.nextInt(60);
        int kernelHeight = 1 + random.nextInt(5);
        int kernelWidth = 1 + random.nextInt(5);
        return new ConvGeometry(
                1 + random.nextInt(2),
                channels,
                channels,
                1 + random.nextInt(9),
                1 + random.nextInt(30),
                channels,
                1 + random.nextInt(9),
                1 + random.nextInt(30),
                kernelHeight,
                kernelWidth,
                1 + random.nextInt(3),
                1 + random.nextInt(3),
                random.nextInt(kernelHeight + 1),
                random.nextInt(kernelWidth + 1),
                1 + random.nextInt(2),
                1 + random.nextInt(2),
                Layout.CHANNELS_LAST);
    }

    private static <S extends KernelSpec> void check(
            KernelCompiler<S> compiler, S spec, Tier tier, List<Tensor> inputs, DType output) throws Exception {
        Optional<Kernel> kernel = compiler.compile(spec, tier, new CodeLibrary().request());
        assertThat(kernel).as("%s", spec).isPresent();
        assertThat(SelfCheck.agrees(new Sample<>(spec, inputs, output), kernel.get())).as("%s", spec).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void depthwise(Tier tier) throws Exception {
        TierKernels.of(tier).orSkip();
        Random random = new Random(7);
        for (int i = 0; i < 40; i++) {
            ConvGeometry g = geometry(random, tier);
            Tensor weights = Sample.floats((long) g.outChannels() * g.reductionLength());
            Tensor bias = i % 3 == 0 ? null : Sample.floats(g.outChannels());
            boolean residual = i % 2 == 0;
            Epilogue epilogue = EPILOGUES.get(i % EPILOGUES.size());
            KernelSpec.Conv spec = new KernelSpec.Conv(g, weights, bias, residual, epilogue);
            Tensor x = Sample.floats(g.inputElements());
            Tensor added = Sample.floats(g.outputElements());
            check(WindowKernels.CONV, spec, tier, residual ? List.of(x, added) : List.of(x), DType.FLOAT32);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void quantizedDepthwise(Tier tier) throws Exception {
        TierKernels.of(tier).orSkip();
        Random random = new Random(8);
        for (int i = 0; i < 60; i++) {
            ConvGeometry g = geometry(random, tier);
            DType input = i % 2 == 0 ? DType.UINT8 : DType.INT8;
            DType output = i % 3 == 0 ? DType.UINT8 : DType.INT8;
            DType weightType = i % 5 == 0 ? DType.UINT8 : DType.INT8;
            Epilogue epilogue = EPILOGUES.get(i % EPILOGUES.size());
            float[] scales = random.nextBoolean() ? new float[] {0.001f} : scales(random, g.outChannels());
            OutputStage stage =
                    i % 4 == 3
                            ? new OutputStage.Dequantize(scales, epilogue)
                            : new OutputStage.Requantize(scales, epilogue, 0.37f, 5, output);
            int[] bias = i % 3 == 1 ? null : random.ints(g.outChannels(), -1 << 28, 1 << 28).toArray();
            if (bias != null && i % 2 == 0) {
                bias = random.ints(g.outChannels(), -9000, 9000).toArray();
            }
            KernelSpec.IntegerConv spec =
                    new KernelSpec.IntegerConv(
                            g,
                            input,
                            (int) input.minValue() + random.nextInt(256),
                            Sample.bytes(weightType, (long) g.outChannels() * g.reductionLength()),
                            new int[] {weightType == DType.UINT8 ? 131 : random.nextInt(3)},
                            bias,
                            stage);
            check(
                    WindowKernels.INTEGER_CONV,
                    spec,
                    tier,
                    List.of(Sample.bytes(input, g.inputElements())),
                    stage.dtype());
        }
    }

    /// Windows of unsigned bytes and signed weights, which most of an image sees as a whole.
    @ParameterizedTest
    @EnumSource(Tier.class)
    void depthwiseByDotProducts(Tier tier) throws Exception {
        TierKernels.of(tier).orSkip();
        Random random = new Random(11);
        for (int i = 0; i < 40; i++) {
            int height = 2 + random.nextInt(4);
            int width = 1 + random.nextInt(5);
            int strideHeight = 1 + random.nextInt(2);
            int strideWidth = 1 + random.nextInt(Math.min(3, width));
            int channels = tier.lanes() + random.nextInt(40);
            int outHeight = 1 + random.nextInt(6);
            int outWidth = 1 + random.nextInt(25);
            int padTop = random.nextInt(height);
            int padLeft = random.nextInt(width);
            ConvGeometry g =
                    new ConvGeometry(
                            1 + random.nextInt(2),
                            channels,
                            channels,
                            Math.max(1, (outHeight - 1) * strideHeight + height - padTop - random.nextInt(2)),
                            Math.max(1, (outWidth - 1) * strideWidth + width - padLeft - random.nextInt(2)),
                            channels,
                            outHeight,
                            outWidth,
                            height,
                            width,
                            strideHeight,
                            strideWidth,
                            padTop,
                            padLeft,
                            1,
                            1,
                            Layout.CHANNELS_LAST);
            Epilogue epilogue = EPILOGUES.get(i % EPILOGUES.size());
            KernelSpec.IntegerConv spec =
                    new KernelSpec.IntegerConv(
                            g,
                            DType.UINT8,
                            random.nextInt(256),
                            Sample.bytes(DType.INT8, (long) channels * g.reductionLength()),
                            new int[] {i % 7 == 0 ? 3 : 0},
                            random.ints(channels, -9000, 9000).toArray(),
                            new OutputStage.Requantize(scales(random, channels), epilogue, 0.37f, 5, DType.UINT8));
            assertThat(DotWindow.of(spec, tier) != null).isEqualTo(i % 7 != 0 || !tier.hasDotProducts());
            Tensor x = Sample.bytes(DType.UINT8, g.inputElements());
            check(WindowKernels.INTEGER_CONV, spec, tier, List.of(x), DType.UINT8);
        }
    }

    private static float[] scales(Random random, int count) {
        float[] scales = new float[count];
        for (int c = 0; c < count; c++) {
            scales[c] = 0.0001f + 0.002f * random.nextFloat();
        }
        return scales;
    }

    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void pooling(Tier tier) throws Exception {
        TierKernels.of(tier).orSkip();
        Random random = new Random(9);
        for (int i = 0; i < 40; i++) {
            ConvGeometry g = geometry(random, tier);
            DType dtype = List.of(DType.FLOAT32, DType.INT8, DType.FLOAT32, DType.UINT8).get(i % 4);
            PoolFunction function = dtype == DType.FLOAT32 && i % 8 < 3 ? PoolFunction.AVERAGE : PoolFunction.MAX;
            KernelSpec.Pool spec = new KernelSpec.Pool(function, g, dtype, i % 16 < 8, 2);
            Tensor x =
                    dtype == DType.FLOAT32 ? Sample.floats(g.inputElements()) : Sample.bytes(dtype, g.inputElements());
            if (dtype == DType.FLOAT32 && function == PoolFunction.MAX) {
                sprinkle(x, random);
            }
            check(WindowKernels.POOL, spec, tier, List.of(x), dtype);
        }
    }

    /// What a maximum by instruction loses: NaN, and which of two zeros is greater.
    private static void sprinkle(Tensor x, Random random) {
        float[] special = {Float.NaN, 0f, -0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
        for (long i = random.nextInt(5); i < x.elementCount(); i += 1 + random.nextInt(9)) {
            x.setFloat(i, special[random.nextInt(special.length)]);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Tier.class,
            names = {"AVX2", "AVX512"})
    void theWholeSetAnswersThem(Tier tier) {
        X64Kernels kernels = TierKernels.of(tier).orSkip().generated();
        ConvGeometry g = geometry(new Random(1), tier);
        Tensor weights = Tensor.allocate(DType.FLOAT32, Shape.of(g.outChannels(), g.reductionLength()));
        assertThat(kernels.compile(new KernelSpec.Conv(g, weights, null, true, Epilogue.NONE))).isPresent();
        assertThat(kernels.compile(new KernelSpec.Pool(PoolFunction.MAX, g, DType.INT8, false, 2))).isPresent();
    }
}
