package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Gathers what the windows of consecutive output pixels see: one row per input channel and tap, one column per output
/// pixel. Padding is zero, that is, the zero point of integers.
final class Windows {
    private final ConvGeometry g;
    private final Loader loader;

    Windows(ConvGeometry geometry, Loader loader) {
        this.g = geometry;
        this.loader = loader;
    }

    /// Fills `panel[0 .. to − from)` with the steps `from` to `to` of a reduction over `[channels, taps]`.
    ///
    /// @param plane index of the plane `[inHeight, inWidth]` of the reduction's first channel
    /// @param pixel first output pixel, of those of one plane
    /// @param n number of output pixels
    void gather(
            MemorySegment x,
            long plane,
            int from,
            int to,
            int pixel,
            int n,
            float zeroPoint,
            float[][] panel,
            Scratch scratch) {
        if (g.isPointwise()) {
            for (int p = from; p < to; p++) {
                loader.load(x, (plane + p) * g.inPixels() + pixel, n, zeroPoint, panel[p - from], scratch);
            }
            return;
        }
        int taps = g.kernelHeight() * g.kernelWidth();
        int firstRow = pixel / g.outWidth();
        int lastRow = (pixel + n - 1) / g.outWidth();
        int top = Math.clamp((long) firstRow * g.strideHeight() - g.padTop(), 0, g.inHeight());
        int bottom =
                Math.clamp(
                        (long) lastRow * g.strideHeight()
                                - g.padTop()
                                + (g.kernelHeight() - 1L) * g.dilationHeight()
                                + 1,
                        top,
                        g.inHeight());
        int count = (bottom - top) * g.inWidth();
        float[] raw = scratch.floats(Slot.RAW, count);
        for (int channel = from / taps; channel * taps < to; channel++) {
            loader.load(x, (plane + channel) * g.inPixels() + (long) top * g.inWidth(), count, zeroPoint, raw, scratch);
            int first = Math.max(from, channel * taps);
            int last = Math.min(to, (channel + 1) * taps);
            for (int p = first; p < last; p++) {
                gatherTap(raw, top, p - channel * taps, pixel, n, panel[p - from]);
            }
        }
    }

    /// What one tap of the window sees.
    ///
    /// @param raw input rows from `top` on
    private void gatherTap(float[] raw, int top, int tap, int pixel, int n, float[] into) {
        int rowOffset = tap / g.kernelWidth() * g.dilationHeight() - g.padTop();
        int columnOffset = tap % g.kernelWidth() * g.dilationWidth() - g.padLeft();
        int at = 0;
        int row = pixel / g.outWidth();
        int column = pixel % g.outWidth();
        while (at < n) {
            int length = Math.min(n - at, g.outWidth() - column);
            int inRow = row * g.strideHeight() + rowOffset;
            if (inRow < 0 || inRow >= g.inHeight()) {
                Arrays.fill(into, at, at + length, 0);
            } else {
                gatherRow(raw, (inRow - top) * g.inWidth(), column, columnOffset, length, into, at);
            }
            at += length;
            row++;
            column = 0;
        }
    }

    private void gatherRow(float[] raw, int rowStart, int column, int columnOffset, int length, float[] into, int at) {
        int stride = g.strideWidth();
        int first = column * stride + columnOffset;
        int begin = first >= 0 ? 0 : Math.min(length, Math.ceilDiv(-first, stride));
        int inside = g.inWidth() - first;
        int end = inside <= 0 ? begin : Math.max(begin, Math.min(length, Math.ceilDiv(inside, stride)));
        for (int j = 0; j < begin; j++) {
            into[at + j] = 0;
        }
        int source = rowStart + first;
        if (stride == 1 && begin < end) {
            System.arraycopy(raw, source + begin, into, at + begin, end - begin);
        } else {
            for (int j = begin; j < end; j++) {
                into[at + j] = raw[source + j * stride];
            }
        }
        for (int j = end; j < length; j++) {
            into[at + j] = 0;
        }
    }
}
