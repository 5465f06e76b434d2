package dev.octet.engine.operator;

import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// Pooling over one or two spatial axes; the largest element also of 8-bit types.
final class PoolOperator implements OperatorLowering<Pool> {
    @Override
    public @Nullable Lowered lower(Pool op, Site site) {
        boolean typed = site.isFloat(0) || (op.function() == PoolFunction.MAX && site.isByte(0));
        boolean withIndices = site.node().outputs().size() != 1;
        Shape x = site.shape(0);
        if (!typed || withIndices || x.elementCount() > Integer.MAX_VALUE) {
            return null;
        }
        WindowGeometry window = WindowGeometry.of(op, x);
        if (op.countIncludePad() && window.axes().stream().anyMatch(PoolOperator::leavesPadding)) {
            return null;
        }
        ConvGeometry geometry = Geometries.convolution(x, x.dim(1), Math.toIntExact(x.dim(1)), window, site.layout());
        if (geometry == null) {
            return null;
        }
        return Lowered.of(
                new KernelSpec.Pool(op.function(), geometry, site.dtype(0), op.countIncludePad(), op.p()),
                site.name(0));
    }

    /// Whether the last window ends beyond the padding: those elements count in no average, but the kernel's geometry
    /// does not tell them from padding.
    private static boolean leavesPadding(WindowGeometry.Axis axis) {
        return (axis.output() - 1) * axis.stride() + axis.dilatedKernel()
                > axis.input() + axis.padBegin() + axis.padEnd();
    }
}
