package dev.octet.kernels.integer;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/// INT32 sums of a convolution of channels-last images: the elements under the windows of four pixels are gathered, and
/// multiplied with the weights as a matrix; where each channel has a window of its own, channel by channel.
final class ConvSums implements Kernel {
    /// Output pixels of a tile.
    private static final int TILE = 64;

    private final ConvGeometry g;
    private final DType inputType;
    private final int zeroPoint;

    /// `[groups][taps][inChannels/groups][outChannels/groups]`, or `[taps][channels]` where each channel has a window
    /// of its own; less their zero points.
    private final int[] weights;

    private ConvSums(KernelSpec.IntegerConv spec) {
        g = spec.geometry();
        inputType = spec.inputType();
        zeroPoint = Objects.requireNonNull(spec.inputZeroPoint());
        weights = weights(spec);
    }

    /// Whether this computes the convolution.
    static boolean accepts(KernelSpec.IntegerConv spec) {
        return spec.geometry().isChannelsLast() && spec.inputZeroPoint() != null && spec.bias() == null;
    }

    static Kernel of(KernelSpec.IntegerConv spec) {
        return new ConvSums(spec);
    }

    private static int[] weights(KernelSpec.IntegerConv spec) {
        ConvGeometry g = spec.geometry();
        Tensor w = spec.weights();
        int in = g.inChannels() / g.groups();
        int out = g.outChannels() / g.groups();
        int taps = g.kernelHeight() * g.kernelWidth();
        int[] zeroPoints = spec.weightZeroPoints();
        boolean depthwise = g.isDepthwise();
        int[] packed = new int[Math.multiplyExact(g.outChannels(), in * taps)];
        for (int channel = 0; channel < g.outChannels(); channel++) {
            for (int i = 0; i < in * taps; i++) {
                int depth = i % taps * in + i / taps;
                int row = (channel / out * in * taps + depth) * out + channel % out;
                int at = depthwise ? i * g.outChannels() + channel : row;
                int zero = zeroPoints[zeroPoints.length == 1 ? 0 : channel];
                packed[at] = w.getInt((long) channel * in * taps + i) - zero;
            }
        }
        return packed;
    }

    private long pixels() {
        return (long) g.batch() * g.outHeight() * g.outWidth();
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(pixels(), TILE)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long end = Math.min(pixels(), (tile + 1L) * TILE);
        int step = g.isDepthwise() ? 1 : Product.ROWS;
        for (long pixel = (long) tile * TILE; pixel < end; pixel += step) {
            if (g.isDepthwise()) {
                depthwise(inputs[0], pixel, outputs[0]);
            } else {
                dense(inputs[0], pixel, (int) Math.min(step, end - pixel), outputs[0]);
            }
        }
    }

    /// Index of the input's pixel under a tap of the window of an output pixel, or −1 in the padding.
    private long inputPixel(long pixel, int tap) {
        int column = (int) (pixel % g.outWidth());
        int row = (int) (pixel / g.outWidth() % g.outHeight());
        long image = pixel / g.outWidth() / g.outHeight();
        int y = row * g.strideHeight() - g.padTop() + tap / g.kernelWidth() * g.dilationHeight();
        int x = column * g.strideWidth() - g.padLeft() + tap % g.kernelWidth() * g.dilationWidth();
        boolean inside = y >= 0 && y < g.inHeight() && x >= 0 && x < g.inWidth();
        return inside ? (image * g.inHeight() + y) * g.inWidth() + x : -1;
    }

    private void depthwise(MemorySegment x, long pixel, MemorySegment y) {
        Rows rows = Rows.local();
        int channels = g.inChannels();
        int[] values = rows.left(channels);
        int[] sums = rows.sums(channels);
        Arrays.fill(sums, 0, channels, 0);
        int taps = g.kernelHeight() * g.kernelWidth();
        for (int tap = 0; tap < taps; tap++) {
            long from = inputPixel(pixel, tap);
            if (from >= 0) {
                rows.load(x, inputType, from * channels, channels, zeroPoint, values, 0);
                Product.addProducts(sums, values, weights, tap * channels, channels);
            }
        }
        MemorySegment.copy(sums, 0, y, JAVA_INT_UNALIGNED, 4 * pixel * channels, channels);
    }

    private void dense(MemorySegment x, long pixel, int count, MemorySegment y) {
        Rows rows = Rows.local();
        int in = g.inChannels() / g.groups();
        int out = g.outChannels() / g.groups();
        int depth = g.reductionLength();
        int[] patches = rows.left(Product.ROWS * depth);
        int[] sums = rows.sums(Product.ROWS * out);
        for (int group = 0; group < g.groups(); group++) {
            for (int r = 0; r < count; r++) {
                gather(x, pixel + r, group * in, in, patches, r * depth, rows);
            }
            Product.multiply(patches, weights, group * depth * out, count, depth, out, sums);
            for (int r = 0; r < count; r++) {
                long at = (pixel + r) * g.outChannels() + (long) group * out;
                MemorySegment.copy(sums, r * out, y, JAVA_INT_UNALIGNED, 4 * at, out);
            }
        }
    }

    private void gather(MemorySegment x, long pixel, int first, int count, int[] patch, int at, Rows rows) {
        int taps = g.kernelHeight() * g.kernelWidth();
        for (int tap = 0; tap < taps; tap++) {
            long from = inputPixel(pixel, tap);
            if (from < 0) {
                Arrays.fill(patch, at + tap * count, at + (tap + 1) * count, 0);
            } else {
                rows.load(x, inputType, from * g.inChannels() + first, count, zeroPoint, patch, at + tap * count);
            }
        }
    }
}
