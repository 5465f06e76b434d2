package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.PackedWeights;
import dev.octet.kernels.x64.IntegerColumns.ZeroPoints;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Integer matrix products; a constant B is packed at compile time, another one for each tile.
final class IntegerMatMulCompiler implements KernelCompiler<KernelSpec.IntegerMatMul> {
    @Override
    public Optional<Kernel> compile(KernelSpec.IntegerMatMul spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        MatMulGeometry g = spec.geometry();
        ZeroPoints rightZeros = rightZeros(spec);
        Optional<Finish> finish = Finish.of(spec.stage(), rightZeros.correct());
        if (g.transA() || g.macs() == 0 || finish.isEmpty()) {
            return Optional.empty();
        }
        IntegerProduct product = IntegerProduct.of(tier, g.m(), g.n(), 0);
        ByteRows bytes =
                ByteRows.of(
                        g.k(),
                        false,
                        IntegerProduct.shift(spec.typeA()),
                        rightZeros.correct(),
                        Multiplication.ofBytes(tier),
                        code);
        PackedBytes packed = packed(spec, product, code);
        return Optional.of(
                product.kernel(
                        new LeftOperand.Rows(g.batchOffsetsA().clone(), g.strideA(), bytes),
                        0,
                        g.k(),
                        packed == null
                                ? variable(spec, product.shape().columns(), code)
                                : new RightOperand.Constant(packed.panels()),
                        packed == null
                                ? product.columns(
                                        spec.bias(),
                                        g.batches(),
                                        g.k(),
                                        PanelFunctions.excess(spec.typeB(), g.k()),
                                        leftZero(spec),
                                        rightZeros)
                                : product.columns(spec.bias(), packed, leftZero(spec), rightZeros),
                        spec.stage(),
                        finish.get(),
                        spec.stage() instanceof OutputStage.Rescale ? spec.inputBytes().length - 1 : -1,
                        new ProductKernel.Target(
                                g.batchOffsetsC().clone(), g.strideC(), finish.get().elementBytes(), -1),
                        code));
    }

    private static ZeroPoints leftZero(KernelSpec.IntegerMatMul spec) {
        Integer zero = spec.zeroPointA();
        int input = spec.constantB() == null ? 2 : 1;
        return zero == null
                ? new ZeroPoints(new int[0], input, spec.typeA(), 0)
                : new ZeroPoints(new int[] {zero}, -1, spec.typeA(), 0);
    }

    private static ZeroPoints rightZeros(KernelSpec.IntegerMatMul spec) {
        int shift = ByteMatrix.shift(spec.typeB());
        int[] zeros = spec.zeroPointsB();
        int input = 1 + (spec.constantB() == null ? 1 : 0) + (spec.zeroPointA() == null ? 1 : 0);
        return zeros == null
                ? new ZeroPoints(new int[0], input, spec.typeB(), shift)
                : new ZeroPoints(zeros.clone(), -1, spec.typeB(), shift);
    }

    private static RightOperand variable(KernelSpec.IntegerMatMul spec, int columns, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        MatMulGeometry g = spec.geometry();
        boolean flipped = spec.typeB() == DType.UINT8;
        return new RightOperand.Variable(
                g.batchOffsetsB().clone(),
                g.strideB(),
                g.transB(),
                g.k(),
                g.n(),
                columns,
                code.code(new PanelPacker(columns, g.transB(), true, flipped)),
                code.code(new PanelSums(columns)));
    }

    /// All that packing depends on beside B.
    ///
    /// @param panel columns of a panel
    record Form(MatrixForm matrix, Multiplication multiplication, int panel) {}

    /// A constant B, or null if it is none.
    private static @Nullable PackedBytes packed(
            KernelSpec.IntegerMatMul spec, IntegerProduct product, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        Tensor b = spec.constantB();
        if (b == null) {
            return null;
        }
        if (product.shape().multiplication() == Multiplication.WIDENED) {
            return widened(spec, b, product);
        }
        MatMulGeometry g = spec.geometry();
        int columns = product.shape().columns();
        PanelFunctions functions = PanelFunctions.of(spec.typeB(), g.transB(), columns, code);
        Form form = new Form(MatrixForm.of(g), Multiplication.DOT, columns);
        return PackedWeights.of(b, form, () -> functions.pack(b, g));
    }

    private static PackedBytes widened(KernelSpec.IntegerMatMul spec, Tensor b, IntegerProduct product) {
        Form form = new Form(MatrixForm.of(spec.geometry()), Multiplication.WIDENED, product.shape().columns());
        return PackedWeights.of(b, form, () -> product.pack(matrices(spec.geometry(), b)));
    }

    /// B of each batch entry; entries that share it have the same.
    private static List<ByteMatrix> matrices(MatMulGeometry g, Tensor b) {
        Map<Long, ByteMatrix> byOffset = new HashMap<>();
        for (long offset : g.batchOffsetsB()) {
            byOffset.computeIfAbsent(
                    offset, o -> ByteMatrix.of(b.data(), b.dtype(), o, g.strideB(), g.k(), g.n(), g.transB()));
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
        Tensor b = spec.constantB();
        boolean constant = b != null;
        boolean widened = product.shape().multiplication() == Multiplication.WIDENED;
        int group = b != null && widened ? widened(spec, b, product).group() : 1;
        byte[] weights = constant ? IntegerProduct.sampleWeights(group, k * n) : new byte[0];
        // Only weights that are packed in Java may lie in another order than the real ones.
        boolean transposed = g.transB() && !(constant && widened);
        Shape shape = Shape.of(k, n);
        int[] zeros = spec.zeroPointsB();
        KernelSpec.IntegerMatMul small =
                new KernelSpec.IntegerMatMul(
                        new MatMulGeometry(m, n, k, new long[1], new long[1], false, transposed),
                        spec.typeA(),
                        spec.typeB(),
                        constant ? IntegerProduct.stored(weights, spec.typeB(), shape) : null,
                        spec.zeroPointA(),
                        zeros == null ? null : IntegerProduct.sampleZeroPoints(zeros, spec.typeB(), n),
                        null,
                        IntegerProduct.sampleStage(spec.stage(), n));
        List<Tensor> inputs = new ArrayList<>(List.of(Sample.bytes(spec.typeA(), (long) m * k)));
        if (!constant) {
            inputs.add(Sample.bytes(spec.typeB(), (long) k * n));
        }
        if (spec.zeroPointA() == null) {
            inputs.add(Tensor.scalar(spec.typeA(), 3));
        }
        if (zeros == null) {
            inputs.add(Tensor.scalar(spec.typeB(), 5));
        }
        if (spec.stage() instanceof OutputStage.Rescale) {
            inputs.add(Tensor.scalar(0.7f));
        }
        return new Sample<>(small, inputs, spec.stage().dtype());
    }
}
