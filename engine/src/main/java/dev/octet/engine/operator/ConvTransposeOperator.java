package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
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
        if (site.isChannelsLast()) {
            return isTiling(geometry) ? product(geometry, weights, bias, site) : null;
        }
        return Lowered.of(
                new KernelSpec.ConvTranspose(geometry, weights, bias, site.tail().activation()), site.name(0));
    }

    /// Whether each pixel of the input makes a window of the result of its own.
    private static boolean isTiling(ConvGeometry g) {
        return g.groups() == 1
                && g.strideHeight() == g.kernelHeight()
                && g.strideWidth() == g.kernelWidth()
                && g.dilationHeight() == 1
                && g.dilationWidth() == 1
                && g.padTop() == 0
                && g.padLeft() == 0
                && g.inHeight() == g.outHeight() * g.kernelHeight()
                && g.inWidth() == g.outWidth() * g.kernelWidth();
    }

    /// Channels last, a row of pixels times one row of all windows is a row of the result: one product for each.
    private static Lowered product(ConvGeometry g, Tensor weights, @Nullable Tensor bias, Site site) {
        int rows = g.batch() * g.outHeight();
        int columns = g.kernelWidth() * g.inChannels();
        int steps = g.outChannels();
        long[] offsetsA = new long[rows * g.kernelHeight()];
        long[] offsetsB = new long[offsetsA.length];
        for (int i = 0; i < offsetsA.length; i++) {
            offsetsA[i] = (long) (i / g.kernelHeight()) * g.outWidth() * steps;
            offsetsB[i] = (long) (i % g.kernelHeight()) * steps * columns;
        }
        MatMulGeometry geometry = new MatMulGeometry(g.outWidth(), columns, steps, offsetsA, offsetsB, false, false);
        Tensor b = PackedWeights.of(weights, ConvTransposeOperator.class, () -> windowRows(g, weights));
        Tensor repeated = bias == null ? null : repeated(bias, g.kernelWidth());
        return Lowered.of(
                new KernelSpec.MatMul(geometry, b, 1, repeated, false, site.tail().activation()), site.name(0));
    }

    /// `[kernelHeight, in, kernelWidth·out]` of weights `[in, out, kernelHeight, kernelWidth]`, where in and out are
    /// those of the transposed convolution.
    private static Tensor windowRows(ConvGeometry g, Tensor weights) {
        int out = g.inChannels();
        int in = g.outChannels();
        Tensor b = Tensor.allocate(DType.FLOAT32, Shape.of(g.kernelHeight(), in, (long) g.kernelWidth() * out));
        long at = 0;
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            for (int i = 0; i < in; i++) {
                for (int kw = 0; kw < g.kernelWidth(); kw++) {
                    for (int o = 0; o < out; o++) {
                        long from = (((long) i * out + o) * g.kernelHeight() + kh) * g.kernelWidth() + kw;
                        b.setFloat(at++, weights.getFloat(from));
                    }
                }
            }
        }
        return b;
    }

    private static Tensor repeated(Tensor bias, int times) {
        int count = Math.toIntExact(bias.elementCount());
        Tensor all = Tensor.allocate(DType.FLOAT32, Shape.of((long) count * times));
        for (int i = 0; i < count * times; i++) {
            all.setFloat(i, bias.getFloat(i % count));
        }
        return all;
    }
}
