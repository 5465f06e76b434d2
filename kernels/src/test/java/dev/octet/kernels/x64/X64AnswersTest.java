package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Specifications that every tier must answer itself, so that the contract's tests are of generated code.
final class X64AnswersTest {
    private static final MatMulGeometry PRODUCT = MatMulGeometry.of(9, 37, 21);
    private static final ConvGeometry WINDOW =
            new ConvGeometry(1, 2, 6, 7, 8, 10, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1, Layout.CHANNELS_LAST);
    private static final ConvGeometry POINT = ConvGeometry.of(12, 3, 3, 20, 1, 1).withLayout(Layout.CHANNELS_LAST);

    private static List<KernelSpec> specs() {
        OutputStage stage = new OutputStage.Requantize(new float[] {0.01f}, Epilogue.NONE, 0.5f, 3, DType.UINT8);
        Tensor bytes = Tensor.allocate(DType.INT8, Shape.of(21, 37));
        return List.of(
                new KernelSpec.IntegerMatMul(PRODUCT, DType.UINT8, DType.INT8, bytes, 3, new int[1], null, stage),
                new KernelSpec.IntegerConv(
                        WINDOW, DType.UINT8, 3, weights(WINDOW, DType.INT8), new int[1], null, stage),
                new KernelSpec.IntegerConv(POINT, DType.INT8, 3, weights(POINT, DType.INT8), new int[1], null, stage),
                new KernelSpec.MatMul(PRODUCT, Sample.floats(21 * 37), 1, null, false, Epilogue.NONE),
                new BlockMatMul(9, coded(4), null, Epilogue.NONE),
                new BlockMatMul(9, coded(8), null, Epilogue.NONE),
                new KernelSpec.Conv(WINDOW, weights(WINDOW, DType.FLOAT32), null, true, Epilogue.NONE),
                new KernelSpec.Conv(POINT, weights(POINT, DType.FLOAT32), null, false, Epilogue.clip(0, 6)));
    }

    private static CodedRows coded(int bits) {
        Tensor codes = Tensor.allocate(DType.UINT8, Shape.of(37, 2, 16 * bits / 8));
        return new CodedRows(21, bits, 16, codes, Sample.floats(37 * 2), null);
    }

    private static Tensor weights(ConvGeometry g, DType dtype) {
        Shape shape = Shape.of(g.outChannels(), g.inChannels() / g.groups(), g.kernelHeight(), g.kernelWidth());
        return Tensor.allocate(dtype, shape);
    }

    @ParameterizedTest
    @EnumSource(Tier.class)
    void everyTierAnswersItself(Tier tier) {
        X64Kernels kernels = TierKernels.of(tier).orSkip().generated();
        for (KernelSpec spec : specs()) {
            assertThat(kernels.compile(spec)).as("%s: %s", tier.label(), spec).isPresent();
        }
    }
}
