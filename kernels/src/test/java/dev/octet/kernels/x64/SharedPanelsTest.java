package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Constants are packed once for kernels of all numbers of rows.
final class SharedPanelsTest {
    private static final Tier TIER = Tier.AVX2;

    private static <T> Supplier<T> again() {
        return () -> {
            throw new AssertionError("packed again");
        };
    }

    @Test
    void matricesOfFloats() throws Exception {
        Tensor b = Sample.floats(40 * 30).reshape(Shape.of(40, 30));
        for (int m : new int[] {1, 7, 50}) {
            MatMulGeometry g = new MatMulGeometry(m, 30, 40, new long[1], new long[1], false, false);
            KernelSpec.MatMul spec = new KernelSpec.MatMul(g, b, 1, null, false, Epilogue.NONE);
            assertThat(new FloatMatMulCompiler().compile(spec, TIER, new CodeLibrary().request())).isPresent();
            Object form = new FloatMatMulCompiler.Form(MatrixForm.of(g), 2 * TIER.lanes());
            assertThat(PackedWeights.<PackedPanels[]>of(b, form, again())).hasSize(1);
        }
    }

    @Test
    void matricesOfBytes() throws Exception {
        Tensor b = Sample.bytes(DType.INT8, 40 * 30);
        for (int m : new int[] {1, 7, 50}) {
            MatMulGeometry g = new MatMulGeometry(m, 30, 40, new long[1], new long[1], false, true);
            KernelSpec.IntegerMatMul spec =
                    new KernelSpec.IntegerMatMul(
                            g, DType.UINT8, DType.INT8, b, 3, new int[1], null, new OutputStage.Accumulator());
            assertThat(new IntegerMatMulCompiler().compile(spec, TIER, new CodeLibrary().request())).isPresent();
            Object form = new IntegerMatMulCompiler.Form(MatrixForm.of(g), Multiplication.WIDENED, 2 * TIER.lanes());
            assertThat(PackedWeights.<PackedBytes>of(b, form, again()).k()).isEqualTo(40);
        }
    }

    @Test
    void windows() throws Exception {
        Tensor floats = Sample.floats(20 * 9 * 17);
        Tensor bytes = Sample.bytes(DType.INT8, 20 * 9 * 17);
        for (int extent : new int[] {5, 12}) {
            ConvGeometry g = ConvGeometry.of(17, extent, extent, 20, 3, 3).withLayout(Layout.CHANNELS_LAST);
            KernelSpec.Conv conv = new KernelSpec.Conv(g, floats, null, false, Epilogue.NONE);
            KernelSpec.IntegerConv integers =
                    new KernelSpec.IntegerConv(
                            g, DType.UINT8, 3, bytes, new int[1], null, new OutputStage.Accumulator());
            assertThat(new FloatConvCompiler().compile(conv, TIER, new CodeLibrary().request())).isPresent();
            assertThat(new IntegerConvCompiler().compile(integers, TIER, new CodeLibrary().request())).isPresent();
            Object ofFloats = new FloatConvCompiler.Form(1, 9, 2 * TIER.lanes());
            Object ofBytes = new IntegerConvCompiler.Form(1, 9, Multiplication.WIDENED, 2 * TIER.lanes());
            assertThat(PackedWeights.<PackedPanels[]>of(floats, ofFloats, again())).hasSize(1);
            assertThat(PackedWeights.<PackedBytes>of(bytes, ofBytes, again()).k()).isEqualTo(9 * 17);
        }
    }
}
