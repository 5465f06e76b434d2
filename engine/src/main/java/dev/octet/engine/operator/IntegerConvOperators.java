package dev.octet.engine.operator;

import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.Window;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions of 8-bit values with constant weights over one or two spatial axes.
final class IntegerConvOperators {
    private IntegerConvOperators() {}

    /// Inputs x, xScale, xZeroPoint, w, wScale, wZeroPoint, yScale?, yZeroPoint?, bias?.
    static @Nullable Lowered qLinearConv(QLinearConv op, Site site) {
        float[] scales = IntegerProduct.products(site, 1, 4, 1);
        Tensor weights = site.constant(3);
        if (scales == null || weights == null || site.isVariable(2) || site.isVariable(5) || site.isVariable(8)) {
            return null;
        }
        OutputStage stage = IntegerProduct.stage(site, scales, op.epilogue(), 6);
        Integer zeroPoint = IntegerProduct.zeroPoint(site, 2);
        ConvGeometry geometry = geometry(op.window(), op.group(), site, weights);
        if (stage == null || zeroPoint == null || geometry == null) {
            return null;
        }
        int[] weightZeroPoints = IntegerProduct.zeroPoints(site, 5);
        int[] bias = IntegerProduct.bias(site, 8);
        KernelSpec spec = spec(geometry, site.dtype(0), zeroPoint, weights, weightZeroPoints, bias, stage);
        return Lowered.of(spec, site.name(0));
    }

    /// Inputs x, weights, xZeroPoint?, weightsZeroPoint?.
    static @Nullable Lowered convInteger(ConvInteger op, Site site) {
        Tensor weights = site.constant(1);
        if (weights == null || site.isVariable(3) || site.outputType() != DType.INT32) {
            return null;
        }
        ConvGeometry geometry = geometry(op.window(), op.group(), site, weights);
        if (geometry == null) {
            return null;
        }
        Integer zeroPoint = site.isVariable(2) ? null : IntegerProduct.zeroPoint(site, 2);
        int[] weightZeroPoints = IntegerProduct.zeroPoints(site, 3);
        OutputStage stage = new OutputStage.Accumulator();
        KernelSpec spec = spec(geometry, site.dtype(0), zeroPoint, weights, weightZeroPoints, null, stage);
        return zeroPoint == null ? Lowered.of(spec, site.name(0), site.name(2)) : Lowered.of(spec, site.name(0));
    }

    @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
    private static KernelSpec spec(
            ConvGeometry geometry,
            DType inputType,
            @Nullable Integer inputZeroPoint,
            Tensor weights,
            int[] weightZeroPoints,
            int @Nullable [] bias,
            OutputStage stage) {
        return new KernelSpec.IntegerConv(geometry, inputType, inputZeroPoint, weights, weightZeroPoints, bias, stage);
    }

    private static @Nullable ConvGeometry geometry(Window window, int group, Site site, Tensor weights) {
        Shape x = site.shape(0);
        if (!site.isByte(0) || !Site.isByte(weights.dtype())) {
            return null;
        }
        WindowGeometry extents = WindowGeometry.of(window, x, weights.shape());
        return Geometries.convolution(x, weights.shape().dim(0), group, extents, site.layout());
    }
}
