package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Float matrix products.
final class FloatMatMulCompiler implements KernelCompiler<KernelSpec.MatMul> {
    @Override
    public Optional<Kernel> compile(KernelSpec.MatMul spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        MatMulGeometry g = spec.geometry();
        Optional<Finish> finish = Finish.of(spec.alpha() != 1, spec.bias() != null, spec.residual(), spec.epilogue());
        if (g.transA() || g.macs() == 0 || finish.isEmpty()) {
            return Optional.empty();
        }
        FloatProduct product = FloatProduct.of(tier, g.m(), g.n(), 0);
        long[] rows = Arrays.stream(g.batchOffsetsA()).map(o -> 4 * o).toArray();
        return Optional.of(
                product.kernel(
                        new LeftOperand.Rows(rows, 4L * g.strideA(), null),
                        0,
                        g.k(),
                        right(spec, product.shape().columns(), code),
                        spec.alpha(),
                        spec.bias(),
                        finish.get(),
                        new ProductKernel.Target(
                                g.batchOffsetsC().clone(),
                                g.strideC(),
                                4,
                                spec.residual() ? spec.inputBytes().length - 1 : -1),
                        code));
    }

    private static RightOperand right(KernelSpec.MatMul spec, int columns, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        MatMulGeometry g = spec.geometry();
        if (spec.constantB() != null) {
            return new RightOperand.Constant(panels(spec, spec.constantB(), columns));
        }
        return new RightOperand.Variable(
                Arrays.stream(g.batchOffsetsB()).map(o -> 4 * o).toArray(),
                4L * g.strideB(),
                g.transB(),
                g.k(),
                g.n(),
                columns,
                code.code(new PanelPacker(columns, g.transB(), false, false)),
                null);
    }

    private static PackedPanels[] panels(KernelSpec.MatMul spec, Tensor b, int columns) {
        MatMulGeometry g = spec.geometry();
        return PackedWeights.of(b, new Form(MatrixForm.of(g), columns), () -> pack(g, b, columns));
    }

    /// All that packing depends on beside B.
    ///
    /// @param panel columns of a panel
    record Form(MatrixForm matrix, int panel) {}

    /// B of each batch entry; entries that share it have the same.
    private static PackedPanels[] pack(MatMulGeometry g, Tensor b, int columns) {
        float[] values = b.toFloatArray();
        Map<Long, PackedPanels> byOffset = new HashMap<>();
        return Arrays.stream(g.batchOffsetsB())
                .mapToObj(offset ->
                        byOffset.computeIfAbsent(
                                offset,
                                o ->
                                        PackedPanels.floats(
                                                new FloatMatrix(values, o, g.strideB(), g.k(), g.n(), g.transB()),
                                                columns)))
                .toArray(PackedPanels[]::new);
    }

    @Override
    public Sample<KernelSpec.MatMul> sample(KernelSpec.MatMul spec, Tier tier) {
        MatMulGeometry g = spec.geometry();
        ProductShape shape = FloatProduct.of(tier, g.m(), g.n(), 0).shape();
        int m = shape.blocks().sample();
        int n = shape.sampleColumns();
        int k = FloatProduct.SAMPLE_LENGTH;
        boolean constant = spec.constantB() != null;
        boolean transposed = !constant && g.transB();
        KernelSpec.MatMul small =
                new KernelSpec.MatMul(
                        new MatMulGeometry(m, n, k, new long[1], new long[1], false, transposed),
                        constant ? Sample.floats((long) k * n) : null,
                        spec.alpha(),
                        spec.bias() == null ? null : Sample.floats(n),
                        spec.residual(),
                        spec.epilogue());
        List<Tensor> inputs = new ArrayList<>(List.of(Sample.floats((long) m * k)));
        if (!constant) {
            inputs.add(Sample.floats((long) k * n));
        }
        if (spec.residual()) {
            inputs.add(Sample.floats((long) m * n));
        }
        return new Sample<>(small, inputs, DType.FLOAT32);
    }
}
