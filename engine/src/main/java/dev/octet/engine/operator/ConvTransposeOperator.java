package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Transposed convolutions of FLOAT32 with constant weights over one or two spatial axes.
final class ConvTransposeOperator implements OperatorLowering<ConvTranspose> {
    private static final int BIAS = 2;

    @Override
    public TailForm tail(Node node) {
        return new TailForm(false, !node.has(BIAS), false, true, 1);
    }

    @Override
    public @Nullable Lowered lower(ConvTranspose op, Site site) {
        Tensor weights = site.constant(1);
        if (weights == null || !site.isFloat(0) || site.isVariable(BIAS)) {
            return null;
        }
        WindowGeometry window = WindowGeometry.of(op, site.shape(0), weights.shape());
        long outChannels = weights.shape().dim(1) * op.group();
        ConvGeometry geometry = Geometries.transposed(site.shape(0), outChannels, op.group(), window, site.layout());
        if (geometry == null) {
            return null;
        }
        Tensor bias = site.has(BIAS) ? site.constant(BIAS) : site.tail().bias();
        return Lowered.of(
                new KernelSpec.ConvTranspose(geometry, weights, bias, site.tail().activation()), site.name(0));
    }
}
