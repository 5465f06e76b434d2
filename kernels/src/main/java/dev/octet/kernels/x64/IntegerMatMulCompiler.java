package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Integer matrix products with a constant B whose zero points are constant.
final class IntegerMatMulCompiler implements KernelCompiler<KernelSpec.IntegerMatMul> {
    @Override
    public Optional<Kernel> compile(KernelSpec.IntegerMatMul spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        MatMulGeometry g = spec.geometry();
        int[] ownZeroPoints = spec.zeroPointsB();
        if (g.transA() || g.macs() == 0 || spec.constantB() == null || ownZeroPoints == null) {
            return Optional.empty();
        }
        int[] zeroPoints = IntegerProduct.zeroPoints(ownZeroPoints, spec.typeB());
        boolean corrected = IntegerProduct.isCorrected(zeroPoints);
        Optional<Finish> finish = Finish.of(spec.stage(), corrected);
        if (finish.isEmpty()) {
            return Optional.empty();
        }
        IntegerProduct product = IntegerProduct.of(tier, g.m(), g.n(), 0);
        List<ByteMatrix> right = matrices(spec);
        ByteRows bytes =
                ByteRows.of(
                        g.k(),
                        false,
                        IntegerProduct.shift(spec.typeA()),
                        corrected,
                        Multiplication.ofBytes(tier),
                        code);
        return Optional.of(
                product.kernel(
                        new LeftOperand.Rows(g.batchOffsetsA().clone(), g.strideA(), bytes),
                        0,
                        right,
                        product.bias(spec.bias(), right, zeroPoints, spec.zeroPointA(), 1, spec.typeA()),
                        zeroPoints,
                        spec.stage(),
                        finish.get(),
                        spec.stage() instanceof OutputStage.Rescale ? spec.inputBytes().length - 1 : -1,
                        new ProductKernel.Target(
                                g.batchOffsetsC().clone(), g.strideC(), finish.get().elementBytes(), -1),
                        code));
    }

    /// B of each batch entry; entries that share it have the same.
    private static List<ByteMatrix> matrices(KernelSpec.IntegerMatMul spec) {
        MatMulGeometry g = spec.geometry();
        Tensor b = Objects.requireNonNull(spec.constantB());
        Map<Long, ByteMatrix> byOffset = new HashMap<>();
        for (long offset : g.batchOffsetsB()) {
            byOffset.computeIfAbsent(
                    offset, o ->
                            ByteMatrix.of(b.data(), spec.typeB(), o, g.strideB(), g.k(), g.n(), g.transB()));
        }
        return Arrays.stream(g.batchOffsetsB()).mapToObj(o -> Objects.requireNonNull(byOffset.get(o))).toList();
    }

    @Override
    @SuppressWarnings("NullAway") // It does not see that another package's array may be null.
    public Sample<KernelSpec.IntegerMatMul> sample(KernelSpec.IntegerMatMul spec, Tier tier) {
        MatMulGeometry g = spec.geometry();
        IntegerProduct product = IntegerProduct.of(tier, g.m(), g.n(), 0);
        int m = product.shape().blocks().sample();
        int n = product.shape().sampleColumns();
        int k = IntegerProduct.SAMPLE_LENGTH + (g.k() % 4 == 0 ? 1 : 0);
        byte[] weights = product.sampleWeights(matrices(spec).getFirst(), k * n);
        KernelSpec.IntegerMatMul small =
                new KernelSpec.IntegerMatMul(
                        MatMulGeometry.of(m, n, k),
                        spec.typeA(),
                        spec.typeB(),
                        IntegerProduct.stored(weights, spec.typeB(), Shape.of(k, n)),
                        spec.zeroPointA(),
                        IntegerProduct.sampleZeroPoints(
                                Objects.requireNonNull(spec.zeroPointsB()), spec.typeB(), n),
                        null,
                        IntegerProduct.sampleStage(spec.stage(), n));
        List<Tensor> inputs = new ArrayList<>(List.of(Sample.bytes(spec.typeA(), (long) m * k)));
        if (spec.zeroPointA() == null) {
            inputs.add(Tensor.scalar(spec.typeA(), 3));
        }
        if (spec.stage() instanceof OutputStage.Rescale) {
            inputs.add(Tensor.scalar(0.7f));
        }
        return new Sample<>(small, inputs, spec.stage().dtype());
    }
}
