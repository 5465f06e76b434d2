package dev.octet.kernels.x64;

import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.PackedWeights;
import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Float products with weights of few bits, decoded in registers.
final class BlockMatMulCompiler implements KernelCompiler<BlockMatMul> {
    @Override
    public Optional<Kernel> compile(BlockMatMul spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        Optional<Finish> finish = Finish.of(false, spec.bias() != null, false, spec.epilogue());
        CodedRows weights = spec.weights();
        if ((long) spec.m() * spec.n() * spec.k() == 0 || finish.isEmpty()) {
            return Optional.empty();
        }
        FloatProduct product = product(spec, tier);
        int columns = product.shape().columns();
        Form form = new Form(weights.length(), weights.block(), weights.scales(), weights.zeroPoints(), columns);
        PackedPanels panels = PackedWeights.of(weights.codes(), form, () -> CodedPanels.pack(weights, columns));
        return Optional.of(
                product.kernel(
                        new LeftOperand.Rows(new long[1], 4L * spec.k(), null),
                        0,
                        spec.k(),
                        new RightOperand.Coded(panels, weights.block()),
                        1,
                        spec.bias(),
                        finish.get(),
                        new ProductKernel.Target(new long[1], spec.n(), 4, -1),
                        code));
    }

    private static FloatProduct product(BlockMatMul spec, Tier tier) {
        return new FloatProduct(
                ProductShape.of(tier, CodedPanels.multiplication(spec.weights()), spec.m(), spec.n()), 0);
    }

    /// All that packing depends on beside the codes.
    ///
    /// @param panel columns of a panel
    private record Form(int length, int block, Tensor scales, @Nullable Tensor zeroPoints, int panel) {}

    @Override
    public Sample<BlockMatMul> sample(BlockMatMul spec, Tier tier) {
        ProductShape shape = product(spec, tier).shape();
        int m = shape.blocks().sample();
        int n = shape.sampleColumns();
        int block = 8;
        int k = FloatProduct.SAMPLE_LENGTH;
        int bits = spec.weights().bits();
        long blocks = (long) n * Math.ceilDiv(k, block);
        CodedRows weights =
                new CodedRows(
                        k,
                        bits,
                        block,
                        Sample.bytes(DType.UINT8, blocks * (block * bits / 8)),
                        Sample.floats(blocks),
                        null);
        Tensor bias = spec.bias() == null ? null : Sample.floats(n);
        BlockMatMul small = new BlockMatMul(m, weights, bias, spec.epilogue());
        return new Sample<>(small, List.of(Sample.floats((long) m * k)), DType.FLOAT32);
    }
}
