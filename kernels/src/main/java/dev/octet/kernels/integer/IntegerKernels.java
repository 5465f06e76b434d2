package dev.octet.kernels.integer;

import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import java.util.Optional;

/// Plain Java kernels that compute in integers only, for integer-only inference. It has none for specifications of
/// floats; INT32 sums of products it computes of operands with constant zero points.
public final class IntegerKernels implements KernelSet {
    public static final IntegerKernels INSTANCE = new IntegerKernels();

    private IntegerKernels() {}

    @Override
    public String name() {
        return "integer";
    }

    @Override
    public boolean isConfined() {
        return true;
    }

    @Override
    public Layout preferredLayout() {
        return Layout.CHANNELS_LAST;
    }

    @Override
    public Optional<Kernel> compile(KernelSpec spec) {
        return switch (spec) {
            case KernelSpec.IntegerConv s when s.stage() instanceof OutputStage.Accumulator && ConvSums.accepts(s) ->
                    Optional.of(ConvSums.of(s));
            case KernelSpec.IntegerMatMul s
                    when s.stage() instanceof OutputStage.Accumulator && MatMulSums.accepts(s) ->
                    Optional.of(MatMulSums.of(s));
            case KernelSpec.TableLookup s -> Optional.of(Elements.of(s));
            case KernelSpec.Pool s when s.dtype() != DType.FLOAT32 && s.function() == PoolFunction.MAX ->
                    Optional.of(maxPool(s));
            case IntegerSpec s -> Optional.of(compile(s));
            default -> Optional.empty();
        };
    }

    private static Kernel maxPool(KernelSpec.Pool spec) {
        int min = (int) spec.dtype().minValue();
        return new PoolKernel(spec.geometry(), spec.dtype(), false, min, (int) spec.dtype().maxValue());
    }

    /// A kernel for what no float takes part in.
    public Kernel compile(IntegerSpec spec) {
        return switch (spec) {
            case IntegerSpec.Requantize s -> Elements.of(s);
            case IntegerSpec.Binary s -> BinaryKernel.of(s);
            case IntegerSpec.Mean s -> AxisKernels.of(s);
            case IntegerSpec.AveragePool s -> new PoolKernel(s.geometry(), s.dtype(), true, s.min(), s.max());
            case IntegerSpec.Row s -> AxisKernels.of(s);
            case IntegerSpec.ConvTranspose s -> ConvSums.of(s);
        };
    }
}
