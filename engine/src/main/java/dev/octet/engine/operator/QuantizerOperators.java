package dev.octet.engine.operator;

import dev.octet.graph.op.Cast;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Between FLOAT32 and integers of 8 bits (or INT32, to float), with constant parameters that are not blocked.
final class QuantizerOperators {
    private QuantizerOperators() {}

    static @Nullable Lowered quantize(QuantizeLinear op, Site site) {
        Channels channels = channels(site, op.axis(), op.blockSize());
        if (channels == null || !site.isFloat(0) || !Site.isByte(site.outputType())) {
            return null;
        }
        KernelSpec spec =
                new KernelSpec.Quantize(
                        channels.outer,
                        channels.count,
                        channels.inner,
                        channels.scales,
                        channels.zeroPoints,
                        site.outputType());
        return Lowered.of(spec, site.name(0));
    }

    static @Nullable Lowered dequantize(DequantizeLinear op, Site site) {
        Channels channels = channels(site, op.axis(), op.blockSize());
        boolean typed = site.isByte(0) || site.dtype(0) == DType.INT32;
        if (channels == null || !typed || site.outputType() != DType.FLOAT32) {
            return null;
        }
        KernelSpec spec =
                new KernelSpec.Dequantize(
                        channels.outer,
                        channels.count,
                        channels.inner,
                        channels.scales,
                        channels.zeroPoints,
                        site.dtype(0));
        return Lowered.of(spec, site.name(0));
    }

    /// From integers to FLOAT32 is dequantization with a step of 1.
    static @Nullable Lowered cast(Cast op, Site site) {
        boolean typed = site.isByte(0) || site.dtype(0) == DType.INT32;
        if (!typed || op.to() != DType.FLOAT32) {
            return null;
        }
        long count = site.shape(0).elementCount();
        return Lowered.of(
                new KernelSpec.Dequantize(count, 1, 1, new float[] {1}, new int[] {0}, site.dtype(0)), site.name(0));
    }

    static @Nullable Lowered dynamicQuantize(DynamicQuantizeLinear op, Site site) {
        if (!site.isFloat(0) || site.node().outputs().size() != 3) {
            return null;
        }
        return Lowered.of(new KernelSpec.DynamicQuantize(site.shape(0).elementCount()), site.name(0));
    }

    /// A tensor as `[outer, count, inner]`, with parameters for each entry of the middle axis, or one for all.
    private record Channels(long outer, int count, long inner, float[] scales, int[] zeroPoints) {}

    private static @Nullable Channels channels(Site site, int axis, int blockSize) {
        Tensor scale = site.constant(1);
        if (scale == null || scale.dtype() != DType.FLOAT32 || site.isVariable(2) || blockSize != 0) {
            return null;
        }
        float[] scales = scale.toFloatArray();
        Tensor zeroPoint = site.constant(2);
        int[] zeroPoints = zeroPoint == null ? new int[scales.length] : zeroPoint.toIntArray();
        Shape x = site.shape(0);
        if (scales.length == 1) {
            return new Channels(1, 1, x.elementCount(), scales, zeroPoints);
        }
        Shape stored = site.storedShape(0);
        int channelAxis = site.place(Shape.normalizeAxis(axis, x.rank()));
        if (scales.length != stored.dim(channelAxis)) {
            return null; // the operator says what is wrong
        }
        return new Channels(
                stored.product(0, channelAxis),
                Math.toIntExact(stored.dim(channelAxis)),
                stored.product(channelAxis + 1, x.rank()),
                scales,
                zeroPoints);
    }
}
