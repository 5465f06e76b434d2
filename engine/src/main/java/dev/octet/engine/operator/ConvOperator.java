package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions of FLOAT32 with constant weights over one or two spatial axes.
final class ConvOperator implements OperatorLowering<Conv> {
    private static final int BIAS = 2;

    @Override
    public TailForm tail(Node node) {
        return new TailForm(false, !node.has(BIAS), true, true, 1);
    }

    @Override
    public @Nullable Lowered lower(Conv op, Site site) {
        Tensor weights = site.constant(1);
        if (weights == null || !site.isFloat(0) || site.isVariable(BIAS)) {
            return null;
        }
        ConvGeometry geometry = geometry(op, site, weights.shape());
        if (geometry == null) {
            return null;
        }
        Tail tail = site.tail();
        Tensor bias = site.has(BIAS) ? site.constant(BIAS) : tail.bias();
        return new Lowered(
                new KernelSpec.Conv(geometry, weights, bias, tail.residual() != null, tail.activation()),
                site.withResidual(site.name(0)));
    }

    private static @Nullable ConvGeometry geometry(Conv op, Site site, Shape weights) {
        Shape x = site.shape(0);
        WindowGeometry window = WindowGeometry.of(op.window(), x, weights);
        return Geometries.convolution(x, weights.dim(0), op.group(), window, site.layout());
    }
}
