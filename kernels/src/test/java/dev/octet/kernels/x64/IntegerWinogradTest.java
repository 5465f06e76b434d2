package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Sums of whole numbers by Winograd's way are exact up to the largest that weights are taken for.
class IntegerWinogradTest {
    private static final int CHANNELS = 128;

    private static KernelSpec.IntegerConv spec(byte[] weights) {
        ConvGeometry g =
                new ConvGeometry(1, 1, CHANNELS, 9, 9, 64, 9, 9, 3, 3, 1, 1, 1, 1, 1, 1)
                        .withLayout(Layout.CHANNELS_LAST);
        Tensor w = Tensor.of(DType.INT8, Shape.of(64, CHANNELS, 3, 3), weights);
        return new KernelSpec.IntegerConv(g, DType.UINT8, 0, w, new int[1], null, new OutputStage.Accumulator());
    }

    /// Weights whose magnitudes add up to `sum` in each channel.
    private static byte[] weights(int sum, Random random) {
        byte[] weights = new byte[64 * CHANNELS * 9];
        int length = CHANNELS * 9;
        for (int channel = 0; channel < 64; channel++) {
            boolean oneSign = channel % 2 == 0;
            for (int i = 0; i < length; i++) {
                int magnitude = sum / length + (i < sum % length ? 1 : 0);
                weights[channel * length + i] = (byte) (oneSign || random.nextBoolean() ? magnitude : -magnitude);
            }
        }
        return weights;
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX_VNNI", "AVX512_VNNI"})
    void dotProductsOfBytesDoAsWell(Tier tier) {
        assertThat(compile(tier, spec(weights(1000, new Random(5))))).isEmpty();
    }

    private static Optional<Kernel> compile(Tier tier, KernelSpec.IntegerConv spec) {
        return TierKernels.of(tier).orSkip().generated().compile(new IntegerWinogradCompiler(), spec);
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX2", "AVX512"})
    void theLargestSums(Tier tier) {
        Random random = new Random(5);
        KernelSpec.IntegerConv spec = spec(weights(((1 << 25) - 1) / 255, random));
        Kernel kernel = compile(tier, spec).orElseThrow();
        for (int round = 0; round < 3; round++) {
            byte[] pixels = new byte[(int) spec.geometry().inputElements()];
            random.nextBytes(pixels);
            if (round == 0) {
                Arrays.fill(pixels, (byte) 255);
            }
            MemorySegment[] x = {Tensor.of(DType.UINT8, Shape.of(pixels.length), pixels).data()};
            assertThat(run(kernel, spec, x))
                    .isEqualTo(run(PortableKernels.INSTANCE.compile(spec).orElseThrow(), spec, x));
        }
    }

    private static byte[] run(Kernel kernel, KernelSpec spec, MemorySegment[] x) {
        byte[] result = new byte[(int) spec.outputBytes()[0]];
        Tensor y = Tensor.allocate(DType.UINT8, Shape.of(result.length));
        kernel.runAll(x, new MemorySegment[] {y.data()});
        MemorySegment.ofArray(result).copyFrom(y.data());
        return result;
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX2", "AVX512"})
    void largerSumsGoAnotherWay(Tier tier) {
        assertThat(compile(tier, spec(weights(((1 << 25) - 1) / 255 + 1, new Random(5))))).isEmpty();
    }
}
