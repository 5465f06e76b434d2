package dev.octet.engine.operator;

import dev.octet.graph.op.Transpose;
import dev.octet.kernels.KernelSpec;
import org.jspecify.annotations.Nullable;

/// Transposition of elements of whole bytes.
final class TransposeOperator implements OperatorLowering<Transpose> {
    @Override
    public @Nullable Lowered lower(Transpose op, Site site) {
        if (site.dtype(0).bits() < 8) {
            return null;
        }
        int[] perm = perm(op, site.shape(0).rank());
        return Lowered.of(new KernelSpec.Transpose(site.shape(0), perm, site.dtype(0).bits() / 8), site.name(0));
    }

    static int[] perm(Transpose op, int rank) {
        int[] perm = new int[rank];
        for (int i = 0; i < rank; i++) {
            perm[i] = op.perm().isEmpty() ? rank - 1 - i : Math.toIntExact(op.perm().get(i));
        }
        return perm;
    }
}
