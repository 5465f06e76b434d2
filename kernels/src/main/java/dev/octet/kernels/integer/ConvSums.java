package dev.octet.kernels.integer;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/// INT32 sums of a convolution or transposed convolution: the elements under the windows of four pixels are gathered,
/// and multiplied with the weights as a matrix; where each channel has a window of its own, channel by channel.
final class ConvSums implements Kernel {
    /// Output pixels of a tile.
    private static final int TILE = 64;

    private final Windows windows;
    private final boolean channelsLast;
    private final int batch;
    private final int groups;
    private final DType inputType;
    private final int zeroPoint;
    private final int[] weights;

    private ConvSums(Windows windows, DType inputType, int zeroPoint, Tensor weights, int[] weightZeroPoints) {
        this.windows = windows;
        channelsLast = windows.g().isChannelsLast();
        batch = windows.g().batch();
        groups = windows.g().groups();
        this.inputType = inputType;
        this.zeroPoint = zeroPoint;
        this.weights = windows.pack(weights, weightZeroPoints);
    }

    /// Whether this computes the convolution.
    static boolean accepts(KernelSpec.IntegerConv spec) {
        return spec.inputZeroPoint() != null && spec.bias() == null;
    }

    static Kernel of(KernelSpec.IntegerConv spec) {
        int zeroPoint = Objects.requireNonNull(spec.inputZeroPoint());
        Windows windows = new Windows(spec.geometry(), false);
        return new ConvSums(windows, spec.inputType(), zeroPoint, spec.weights(), spec.weightZeroPoints());
    }

    static Kernel of(IntegerSpec.ConvTranspose spec) {
        Windows windows = new Windows(spec.geometry(), true);
        return new ConvSums(windows, spec.inputType(), spec.inputZeroPoint(), spec.weights(), new int[1]);
    }

    private long pixels() {
        return (long) batch * windows.outPixels();
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(pixels(), TILE)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long end = Math.min(pixels(), (tile + 1L) * TILE);
        boolean depthwise = windows.g().isDepthwise();
        // A pixel by itself leaves zeros out, most of those that are gathered between strides.
        int step = depthwise || windows.isSparse() ? 1 : Product.ROWS;
        for (long pixel = (long) tile * TILE; pixel < end; pixel += step) {
            if (depthwise) {
                depthwise(inputs[0], pixel, outputs[0]);
            } else {
                dense(inputs[0], pixel, (int) Math.min(step, end - pixel), outputs[0]);
            }
        }
    }

    private void depthwise(MemorySegment x, long pixel, MemorySegment y) {
        Rows rows = Rows.local();
        int channels = windows.inChannels();
        int[] values = rows.left(channels);
        int[] sums = rows.sums(channels);
        Arrays.fill(sums, 0, channels, 0);
        for (int tap = 0; tap < windows.taps(); tap++) {
            long from = windows.inputPixel(pixel, tap);
            if (from >= 0) {
                load(x, from, 0, channels, values, 0, rows);
                Product.addProducts(sums, values, weights, tap * channels, channels);
            }
        }
        store(sums, 0, channels, y, pixel, 0);
    }

    private void dense(MemorySegment x, long pixel, int count, MemorySegment y) {
        Rows rows = Rows.local();
        int in = windows.inChannels() / groups;
        int out = windows.outChannels() / groups;
        int depth = in * windows.taps();
        int[] patches = rows.left(Product.ROWS * depth);
        int[] sums = rows.sums(Product.ROWS * out);
        for (int group = 0; group < groups; group++) {
            for (int r = 0; r < count; r++) {
                gather(x, pixel + r, group * in, in, patches, r * depth, rows);
            }
            Product.multiply(patches, weights, group * depth * out, count, depth, out, sums);
            for (int r = 0; r < count; r++) {
                store(sums, r * out, out, y, pixel + r, group * out);
            }
        }
    }

    private void gather(MemorySegment x, long pixel, int first, int count, int[] patch, int at, Rows rows) {
        for (int tap = 0; tap < windows.taps(); tap++) {
            long from = windows.inputPixel(pixel, tap);
            if (from < 0) {
                Arrays.fill(patch, at + tap * count, at + (tap + 1) * count, 0);
            } else {
                load(x, from, first, count, patch, at + tap * count, rows);
            }
        }
    }

    /// Some channels of a pixel, less their zero point.
    private void load(MemorySegment x, long pixel, int first, int count, int[] to, int at, Rows rows) {
        if (channelsLast) {
            rows.load(x, inputType, pixel * windows.inChannels() + first, count, zeroPoint, to, at);
            return;
        }
        int pixels = windows.inPixels();
        long start = (pixel / pixels * windows.inChannels() + first) * pixels + pixel % pixels;
        for (int c = 0; c < count; c++) {
            to[at + c] = Rows.get(x, inputType, start + (long) c * pixels) - zeroPoint;
        }
    }

    private void store(int[] sums, int at, int count, MemorySegment y, long pixel, int first) {
        if (channelsLast) {
            long start = pixel * windows.outChannels() + first;
            MemorySegment.copy(sums, at, y, JAVA_INT_UNALIGNED, 4 * start, count);
            return;
        }
        int pixels = windows.outPixels();
        long start = (pixel / pixels * windows.outChannels() + first) * pixels + pixel % pixels;
        for (int c = 0; c < count; c++) {
            y.setAtIndex(JAVA_INT_UNALIGNED, start + (long) c * pixels, sums[at + c]);
        }
    }
}
