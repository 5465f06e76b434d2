package dev.octet.kernels;

import dev.octet.kernels.KernelSpec.ChainOperand;
import java.util.List;
import java.util.stream.IntStream;

/// Which operands a kernel's result may overwrite. A kernel of these specifications reads an element of such an operand
/// for the last time before it writes the element of the result that lies in the same place, and in the same tile.
public final class Overwritable {
    private static final int[] NONE = {};

    private Overwritable() {}

    /// Indices of the inputs whose memory the result may take, one of them at a time.
    public static int[] inputs(KernelSpec spec) {
        return switch (spec) {
            case KernelSpec.Elementwise _, KernelSpec.ChannelAffine _, KernelSpec.Softmax _, KernelSpec.TableLookup _ ->
                    new int[1];
            case KernelSpec.Broadcast _, KernelSpec.QuantizedBroadcast _ -> asLong(spec);
            case KernelSpec.Chain chain -> chain.outputs().size() == 1 ? like(chain) : NONE;
            case KernelSpec.Conv conv when conv.residual() -> last(spec);
            case KernelSpec.MatMul product when product.residual() -> last(spec);
            case LayerNorm norm -> norm.residual() ? new int[] {0, norm.residualInput()} : new int[1];
            default -> NONE;
        };
    }

    /// Those of the result's length, where all have elements of one type.
    private static int[] asLong(KernelSpec spec) {
        long[] inputs = spec.inputBytes();
        long result = spec.outputBytes()[0];
        return IntStream.range(0, inputs.length).filter(i -> inputs[i] == result).toArray();
    }

    /// Those with the result's shape and size of elements.
    private static int[] like(KernelSpec.Chain chain) {
        List<ChainOperand> inputs = chain.operands().stream().filter(o -> o.constant() == null).toList();
        int bits = chain.outputs().getFirst().bits();
        long elements = chain.shape().elementCount();
        return IntStream.range(0, inputs.size())
                .filter(i -> inputs.get(i).dtype().bits() == bits && inputs.get(i).shape().elementCount() == elements)
                .toArray();
    }

    /// The residual.
    private static int[] last(KernelSpec spec) {
        return new int[] {spec.inputBytes().length - 1};
    }
}
