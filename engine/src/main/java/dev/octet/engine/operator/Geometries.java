package dev.octet.engine.operator;

import dev.octet.graph.op.WindowGeometry;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Layout;
import dev.octet.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// Extents of convolutions and poolings over one or two spatial axes.
final class Geometries {
    /// A spatial axis that is not there.
    private static final WindowGeometry.Axis UNIT = new WindowGeometry.Axis(1, 1, 1, 1, 0, 0, 1);

    private Geometries() {}

    /// Null for more than two spatial axes, or for extents that no kernel can index.
    ///
    /// @param x shape `[batch, channels, …]`
    static @Nullable ConvGeometry convolution(
            Shape x, long outChannels, int groups, WindowGeometry window, Layout layout) {
        return geometry(x, groups, x.dim(1), outChannels, window, layout, false);
    }

    /// The forward convolution whose gradient a transposed one is: null as above.
    ///
    /// @param x shape of the transposed convolution's input
    /// @param outChannels of the transposed convolution
    static @Nullable ConvGeometry transposed(
            Shape x, long outChannels, int groups, WindowGeometry window, Layout layout) {
        return geometry(x, groups, outChannels, x.dim(1), window, layout, true);
    }

    /// @param swapped whether input and output change places along the window's axes
    private static @Nullable ConvGeometry geometry(
            Shape x,
            int groups,
            long inChannels,
            long outChannels,
            WindowGeometry window,
            Layout layout,
            boolean swapped) {
        if (window.rank() > 2 || x.elementCount() > Integer.MAX_VALUE) {
            return null;
        }
        WindowGeometry.Axis rows = window.rank() == 2 ? window.axis(0) : UNIT;
        WindowGeometry.Axis columns = window.axis(window.rank() - 1);
        long outputs = x.dim(0) * (swapped ? inChannels : outChannels) * rows.output() * columns.output();
        if (outputs > Integer.MAX_VALUE || Math.max(rows.padBegin(), columns.padBegin()) > Integer.MAX_VALUE) {
            return null;
        }
        return new ConvGeometry(
                (int) x.dim(0),
                groups,
                (int) inChannels,
                (int) (swapped ? rows.output() : rows.input()),
                (int) (swapped ? columns.output() : columns.input()),
                (int) outChannels,
                (int) (swapped ? rows.input() : rows.output()),
                (int) (swapped ? columns.input() : columns.output()),
                (int) rows.kernel(),
                (int) columns.kernel(),
                (int) rows.stride(),
                (int) columns.stride(),
                (int) rows.padBegin(),
                (int) columns.padBegin(),
                (int) rows.dilation(),
                (int) columns.dilation(),
                layout);
    }
}
