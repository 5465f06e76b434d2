package dev.octet.engine.operator;

import dev.octet.graph.op.ConvTransposeInteger;
import dev.octet.graph.op.IntegerAveragePool;
import dev.octet.graph.op.IntegerBinary;
import dev.octet.graph.op.IntegerMean;
import dev.octet.graph.op.IntegerRequantize;
import dev.octet.graph.op.IntegerSoftmax;
import dev.octet.graph.op.TableLookup;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.KernelSpec;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What computes in integers only.
final class FixedPointOperators {
    private FixedPointOperators() {}

    /// Inputs sum, bias?, multiplier, shift.
    static @Nullable Lowered requantize(IntegerRequantize op, Site site) {
        Tensor multiplier = site.constant(2);
        Tensor shift = site.constant(3);
        if (multiplier == null || shift == null || site.isVariable(1)) {
            return null;
        }
        Shape stored = site.storedShape(0);
        int axis = site.place(Shape.normalizeAxis(op.axis(), stored.rank()));
        FixedPointMultiplier[] multipliers = op.multipliers(multiplier, shift);
        return Lowered.of(spec(op, stored, axis, IntegerProduct.bias(site, 1), multipliers), site.name(0));
    }

    @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
    private static KernelSpec spec(
            IntegerRequantize op, Shape stored, int axis, int @Nullable [] bias, FixedPointMultiplier[] multipliers) {
        return new IntegerSpec.Requantize(
                stored.product(0, axis),
                Math.toIntExact(stored.dim(axis)),
                stored.product(axis + 1, stored.rank()),
                bias,
                multipliers,
                op.zeroPoint(),
                op.min(),
                op.max(),
                op.dtype());
    }

    /// Inputs x, weights, xZeroPoint?.
    static @Nullable Lowered convTranspose(ConvTransposeInteger op, Site site) {
        Tensor weights = site.constant(1);
        Integer zeroPoint = site.isVariable(2) ? null : IntegerProduct.zeroPoint(site, 2);
        if (weights == null || zeroPoint == null) {
            return null;
        }
        int groups = op.convolution().group();
        WindowGeometry window = WindowGeometry.of(op.convolution(), site.shape(0), weights.shape());
        ConvGeometry geometry =
                Geometries.transposed(site.shape(0), weights.shape().dim(1) * groups, groups, window, site.layout());
        return geometry == null
                ? null
                : Lowered.of(new IntegerSpec.ConvTranspose(geometry, site.dtype(0), zeroPoint, weights), site.name(0));
    }

    /// Inputs a, b.
    static Lowered binary(IntegerBinary op, Site site) {
        KernelSpec spec =
                new IntegerSpec.Binary(
                        op.function(),
                        site.storedShape(0),
                        site.storedShape(1),
                        site.dtype(0),
                        site.dtype(1),
                        op.dtype());
        return Lowered.of(spec, site.name(0), site.name(1));
    }

    static @Nullable Lowered mean(IntegerMean op, Site site) {
        Shape x = site.shape(0);
        long pixels = x.product(2, x.rank());
        if (pixels == 0 || pixels > Integer.MAX_VALUE) {
            return null;
        }
        long inner = site.isChannelsLast() ? x.dim(1) : 1;
        long outer = x.product(0, 2) / inner;
        return Lowered.of(
                new IntegerSpec.Mean(op.mean((int) pixels), outer, inner, site.dtype(0), op.dtype()), site.name(0));
    }

    static @Nullable Lowered averagePool(IntegerAveragePool op, Site site) {
        Shape x = site.shape(0);
        WindowGeometry window = WindowGeometry.of(op.pool(), x);
        ConvGeometry geometry = Geometries.convolution(x, x.dim(1), Math.toIntExact(x.dim(1)), window, site.layout());
        return geometry == null
                ? null
                : Lowered.of(new IntegerSpec.AveragePool(geometry, site.dtype(0), op.min(), op.max()), site.name(0));
    }

    static @Nullable Lowered softmax(IntegerSoftmax op, Site site) {
        Shape x = site.layout().stored(site.shape(0));
        int axis = site.place(Shape.normalizeAxis(op.axis(), x.rank()));
        if (x.dim(axis) > Integer.MAX_VALUE) {
            return null;
        }
        KernelSpec spec =
                new IntegerSpec.Row(
                        op.function(),
                        x.product(0, axis),
                        (int) x.dim(axis),
                        x.product(axis + 1, x.rank()),
                        site.dtype(0));
        return Lowered.of(spec, site.name(0));
    }

    /// Inputs x, table.
    static @Nullable Lowered lookup(TableLookup op, Site site) {
        Tensor table = site.constant(1);
        if (table == null) {
            return null;
        }
        int min = (int) site.dtype(0).minValue();
        byte[] entries = new byte[TableLookup.ENTRIES];
        for (int i = 0; i < entries.length; i++) {
            entries[(min + i) & 0xFF] = (byte) table.getLong(i);
        }
        return Lowered.of(new KernelSpec.TableLookup(entries, site.shape(0).elementCount()), site.name(0));
    }
}
