package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class KernelSpecTest {
    private static final MatMulGeometry GEOMETRY = MatMulGeometry.of(2, 3, 4);

    private static Tensor zeros(DType dtype, long... dims) {
        return Tensor.allocate(dtype, Shape.of(dims));
    }

    @Test
    void operandsHaveTheLengthsOfTheirShapes() {
        KernelSpec constant = new KernelSpec.MatMul(GEOMETRY, zeros(DType.FLOAT32, 4, 3), 1, null, true, Epilogue.NONE);
        assertThat(constant.inputBytes()).containsExactly(2 * 4 * 4, 2 * 3 * 4);
        assertThat(constant.outputBytes()).containsExactly(2 * 3 * 4);
        KernelSpec dynamic =
                new KernelSpec.IntegerMatMul(
                        GEOMETRY, DType.UINT8, DType.INT8, null, null, null, null, new OutputStage.Accumulator());
        assertThat(dynamic.inputBytes()).containsExactly(2 * 4, 4 * 3, 1, KernelSpec.ANY_LENGTH);
        assertThat(dynamic.outputBytes()).containsExactly(2 * 3 * 4);
    }

    @Test
    void constantsMustFitTheGeometry() {
        assertThatThrownBy(() ->
                        new KernelSpec.MatMul(GEOMETRY, zeros(DType.FLOAT32, 4, 2), 1, null, false, Epilogue.NONE))
                .hasMessage("MatMul: expected B of 12 FLOAT32, found FLOAT32 4x2");
        assertThatThrownBy(() ->
                        new KernelSpec.IntegerConv(
                                ConvGeometry.of(1, 3, 3, 2, 3, 3),
                                DType.INT8,
                                0,
                                zeros(DType.INT8, 2, 1, 3, 3),
                                new int[3],
                                null,
                                new OutputStage.Accumulator()))
                .hasMessage("IntegerConv: expected 1 or 2 weight zero points, found 3");
        assertThatThrownBy(() -> new KernelSpec.Broadcast(BinaryFunction.LESS, Shape.of(1), Shape.of(1), Epilogue.NONE))
                .hasMessageContaining("LESS");
        assertThatThrownBy(() ->
                        new KernelSpec.Pool(
                                PoolFunction.AVERAGE, ConvGeometry.of(1, 3, 3, 1, 3, 3), DType.INT8, false, 0))
                .hasMessage("Pool: expected FLOAT32 for AVERAGE, found INT8");
        assertThatThrownBy(() -> new KernelSpec.Transpose(Shape.of(2, 3), new int[] {0, 0}, 4))
                .hasMessage("Transpose: expected a permutation of 2 axes, found [0, 0]");
    }

    @Test
    void checkedKernelsRefuseWrongOperands() {
        KernelSpec spec = new KernelSpec.TableLookup(new byte[256], 8);
        Kernel kernel = CheckedKernel.of(spec, PortableKernels.INSTANCE.compile(spec).orElseThrow());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] right = {arena.allocate(8)};
            MemorySegment[] wrong = {arena.allocate(9)};
            kernel.run(0, right, right);
            assertThatThrownBy(() -> kernel.run(0, wrong, right))
                    .hasMessage("TableLookup: expected inputs of [8] bytes, found [9]");
            assertThatThrownBy(() -> kernel.run(0, right, new MemorySegment[0]))
                    .hasMessage("TableLookup: expected outputs of [8] bytes, found []");
            assertThatThrownBy(() -> kernel.run(1, right, right)).hasMessage("TableLookup: tile 1 is outside [0, 1)");
        }
    }

    @Test
    void emptyOperandsGiveEmptyResults() {
        KernelSpec spec = new KernelSpec.MatMul(MatMulGeometry.of(0, 3, 4), null, 1, null, false, Epilogue.NONE);
        Kernel kernel = CheckedKernel.of(spec, PortableKernels.INSTANCE.compile(spec).orElseThrow());
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        MemorySegment b = MemorySegment.ofArray(new byte[48]);
        kernel.runAll(new MemorySegment[] {none, b}, new MemorySegment[] {none});
        assertThat(kernel.tiles()).isEqualTo(1);
    }

    @Test
    void emptySumsAreZeroPlusBias() {
        KernelSpec spec =
                new KernelSpec.MatMul(
                        MatMulGeometry.of(1, 2, 0), null, 1, Tensor.of(Shape.of(2), 3f, 4f), false, Epilogue.NONE);
        Kernel kernel = CheckedKernel.of(spec, PortableKernels.INSTANCE.compile(spec).orElseThrow());
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        float[] c = new float[2];
        kernel.runAll(new MemorySegment[] {none, none}, new MemorySegment[] {MemorySegment.ofArray(c)});
        assertThat(c).containsExactly(3, 4);
    }
}
