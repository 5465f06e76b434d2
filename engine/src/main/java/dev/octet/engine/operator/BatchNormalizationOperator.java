package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Batch normalization of FLOAT32 with constant parameters: one multiplication and addition per channel.
final class BatchNormalizationOperator implements OperatorLowering<BatchNormalization> {
    @Override
    public TailForm tail(Node node) {
        return TailForm.ACTIVATION;
    }

    @Override
    public @Nullable Lowered lower(BatchNormalization op, Site site) {
        Tensor scale = site.constant(1);
        Tensor bias = site.constant(2);
        Tensor mean = site.constant(3);
        Tensor variance = site.constant(4);
        Shape x = site.shape(0);
        if (!site.isFloat(0)
                || x.rank() < 2
                || scale == null
                || bias == null
                || mean == null
                || variance == null
                || site.node().outputs().size() != 1) {
            return null;
        }
        int channels = Math.toIntExact(x.dim(1));
        float[] factors = new float[channels];
        float[] shifts = new float[channels];
        for (int c = 0; c < channels; c++) {
            double factor = scale.getDouble(c) / Math.sqrt(variance.getDouble(c) + op.epsilon());
            factors[c] = (float) factor;
            shifts[c] = (float) (bias.getDouble(c) - mean.getDouble(c) * factor);
        }
        long pixels = x.product(2, x.rank());
        long outer = site.isChannelsLast() ? x.dim(0) * pixels : x.dim(0);
        long inner = site.isChannelsLast() ? 1 : pixels;
        KernelSpec spec =
                new KernelSpec.ChannelAffine(outer, channels, inner, factors, shifts, site.tail().activation());
        return Lowered.of(spec, site.name(0));
    }
}
