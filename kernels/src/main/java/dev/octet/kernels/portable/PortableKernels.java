package dev.octet.kernels.portable;

import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.CopySpec;
import dev.octet.kernels.CountBins;
import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.LayerNorm;
import dev.octet.kernels.MaskedSoftmax;
import dev.octet.kernels.integer.IntegerKernels;
import java.util.Optional;

/// Plain Java kernels for every specification: the fallback on every platform and what other sets are tested against.
///
/// Loops run over heap arrays from index 0, which is what the JIT compiler turns into vector instructions; operands are
/// copied between memory segments and small arrays of the calling thread.
public final class PortableKernels implements KernelSet {
    public static final PortableKernels INSTANCE = new PortableKernels();

    private PortableKernels() {}

    @Override
    public String name() {
        return "portable";
    }

    @Override
    public boolean isConfined() {
        return true;
    }

    @Override
    public Optional<Kernel> compile(KernelSpec spec) {
        return Optional.of(
                switch (spec) {
                    case KernelSpec.Conv s ->
                            s.geometry().isChannelsLast() ? ChannelsLastConvKernel.of(s) : ConvKernel.of(s);
                    case KernelSpec.IntegerConv s ->
                            s.geometry().isChannelsLast() ? ChannelsLastConvKernel.of(s) : ConvKernel.of(s);
                    case KernelSpec.MatMul s -> MatMulKernel.of(s);
                    case KernelSpec.IntegerMatMul s -> MatMulKernel.of(s);
                    case BlockMatMul s -> MatMulKernel.of(s);
                    case KernelSpec.Elementwise s -> ElementwiseKernels.of(s);
                    case KernelSpec.Broadcast s -> ElementwiseKernels.of(s);
                    case KernelSpec.QuantizedBroadcast s -> QuantizedBroadcastKernel.of(s);
                    case KernelSpec.ChannelAffine s -> ChannelKernels.of(s);
                    case KernelSpec.Quantize s -> ChannelKernels.of(s);
                    case KernelSpec.Dequantize s -> ChannelKernels.of(s);
                    case KernelSpec.ConvTranspose s ->
                            s.geometry().isChannelsLast()
                                    ? new ChannelsLastConvTransposeKernel(s)
                                    : ConvTransposeKernel.of(s);
                    case KernelSpec.Reduce s -> ReduceKernel.of(s);
                    case KernelSpec.Softmax s -> SoftmaxKernel.of(s);
                    case MaskedSoftmax s -> MaskedSoftmaxKernel.of(s);
                    case LayerNorm s -> LayerNormKernel.of(s);
                    case KernelSpec.Pool s -> PoolKernel.of(s);
                    case KernelSpec.GlobalAveragePool s -> GlobalAveragePoolKernel.of(s);
                    case KernelSpec.DynamicQuantize s -> ByteKernels.of(s);
                    case CountBins s -> new CountBinsKernel(s.bins());
                    case KernelSpec.TableLookup s -> ByteKernels.of(s);
                    case KernelSpec.Chain s -> ChainKernel.of(s);
                    case KernelSpec.Transpose s -> TransposeKernel.of(s);
                    case CopySpec s -> CopyKernel.of(s);
                    case IntegerSpec s -> IntegerKernels.INSTANCE.compile(s);
                });
    }
}
