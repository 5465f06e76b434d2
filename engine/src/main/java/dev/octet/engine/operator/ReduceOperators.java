package dev.octet.engine.operator;

import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Softmax;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.LayerNorm;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Operators over whole axes of FLOAT32.
final class ReduceOperators {
    private ReduceOperators() {}

    /// Reductions over axes that are neighbours, apart from axes of extent 1.
    static @Nullable Lowered reduce(Reduce op, Site site) {
        // Without reduced axes the result is another kind of image.
        if (!site.isFloat(0) || site.isVariable(1) || (site.isChannelsLast() && !op.keepDims())) {
            return null;
        }
        Shape x = site.layout().stored(site.shape(0));
        boolean[] reduced = reducedAxes(op, site);
        int first = x.rank();
        int last = -1;
        for (int axis = 0; axis < x.rank(); axis++) {
            if (reduced[axis] && x.dim(axis) != 1) {
                first = Math.min(first, axis);
                last = axis;
            }
        }
        for (int axis = first; axis <= last; axis++) {
            if (!reduced[axis] && x.dim(axis) != 1) {
                return null;
            }
        }
        if (last < 0) {
            // Nothing but axes of extent 1: still a function of each element.
            return Lowered.of(new KernelSpec.Reduce(op.function(), x.elementCount(), 1, 1), site.name(0));
        }
        KernelSpec spec =
                new KernelSpec.Reduce(
                        op.function(), x.product(0, first), x.product(first, last + 1), x.product(last + 1, x.rank()));
        return Lowered.of(spec, site.name(0));
    }

    /// By place in memory.
    private static boolean[] reducedAxes(Reduce op, Site site) {
        Tensor axes = site.constant(1);
        int rank = site.shape(0).rank();
        boolean[] reduced = new boolean[rank];
        if (axes == null || axes.elementCount() == 0) {
            Arrays.fill(reduced, !op.noopWithEmptyAxes());
        } else {
            for (long axis : axes.toLongArray()) {
                reduced[site.place(Shape.normalizeAxis(axis, rank))] = true;
            }
        }
        return reduced;
    }

    static @Nullable Lowered softmax(Softmax op, Site site) {
        Shape x = site.layout().stored(site.shape(0));
        if (!site.isFloat(0) || x.rank() == 0 || (site.isChannelsLast() && op.flattened())) {
            return null;
        }
        int axis = site.place(Shape.normalizeAxis(op.axis(), x.rank()));
        int end = op.flattened() ? x.rank() : axis + 1;
        KernelSpec spec =
                new KernelSpec.Softmax(op.log(), x.product(0, axis), x.product(axis, end), x.product(end, x.rank()));
        return Lowered.of(spec, site.name(0));
    }

    static @Nullable Lowered layerNormalization(LayerNormalization op, Site site) {
        Shape x = site.shape(0);
        if (!site.isFloat(0) || x.rank() == 0 || site.node().outputs().size() != 1) {
            return null;
        }
        int axis = Shape.normalizeAxis(op.axis(), x.rank());
        long length = x.product(axis, x.rank());
        boolean whole =
                site.shape(1).elementCount() == length && (!site.has(2) || site.shape(2).elementCount() == length);
        if (!whole || length > Integer.MAX_VALUE) {
            return null;
        }
        KernelSpec spec = new LayerNorm(x.product(0, axis), (int) length, op.epsilon(), site.has(2), false);
        return site.has(2)
                ? Lowered.of(spec, site.name(0), site.name(1), site.name(2))
                : Lowered.of(spec, site.name(0), site.name(1));
    }

    static @Nullable Lowered globalPool(GlobalPool op, Site site) {
        Shape x = site.shape(0);
        long pixels = x.product(2, x.rank());
        if (site.dtype(0) != DType.FLOAT32 || pixels > Integer.MAX_VALUE) {
            return null;
        }
        long inner = site.isChannelsLast() ? x.dim(1) : 1;
        long outer = x.product(0, 2) / inner;
        KernelSpec spec =
                switch (op.function()) {
                    case PoolFunction.AVERAGE ->
                            new KernelSpec.GlobalAveragePool(outer, (int) pixels, inner, null, null);
                    case PoolFunction.MAX -> new KernelSpec.Reduce(ReduceFunction.MAX, outer, pixels, inner);
                    case PoolFunction.LP -> null;
                };
        return spec == null ? null : Lowered.of(spec, site.name(0));
    }
}
