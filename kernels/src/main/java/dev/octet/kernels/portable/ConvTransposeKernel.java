package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Transposed convolution of channels-first images: the product of the transposed weights with x, whose rows (one per
/// channel and tap of the result) are then added where the taps point.
///
/// A tile is some channels of one group times some rows of the result. Words as in the forward convolution: the
/// geometry's input is the result here.
final class ConvTransposeKernel implements Kernel {
    private static final int WANTED_TILES = 16;
    private static final int LARGEST_HEIGHT = 128;

    private final ConvGeometry g;
    private final float[] weights;
    private final float @Nullable [] bias;
    private final Activation epilogue;
    private final int taps;
    private final int channels;
    private final int channelsPerTile;
    private final int channelBlocks;
    private final int rowsPerTile;
    private final int rowBlocks;

    private ConvTransposeKernel(KernelSpec.ConvTranspose spec) {
        this.g = spec.geometry();
        this.weights = spec.weights().toFloatArray();
        Tensor addends = spec.bias();
        this.bias = addends == null ? null : addends.toFloatArray();
        this.epilogue = Activation.of(spec.epilogue());
        this.taps = g.kernelHeight() * g.kernelWidth();
        this.channels = g.inChannels() / g.groups();
        this.channelsPerTile = Math.clamp(LARGEST_HEIGHT / taps, 1, channels);
        this.channelBlocks = Math.ceilDiv(channels, channelsPerTile);
        long others = Math.max(1L, (long) g.batch() * g.groups() * channelBlocks);
        int wanted = (int) Math.ceilDiv(WANTED_TILES, others);
        int window = (g.kernelHeight() - 1) * g.dilationHeight() + 1;
        // Rows at the seam of two tiles are computed by both, so a tile has several windows' worth of them.
        this.rowsPerTile = Math.max(Math.ceilDiv(g.inHeight(), wanted), 4 * window);
        this.rowBlocks = Math.ceilDiv(g.inHeight(), rowsPerTile);
    }

    static Kernel of(KernelSpec.ConvTranspose spec) {
        return new ConvTransposeKernel(spec);
    }

    @Override
    public int tiles() {
        return Math.max(1, g.batch() * g.groups() * channelBlocks * rowBlocks);
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.inputElements() == 0) {
            return;
        }
        int rowBlock = tile % rowBlocks;
        int rest = tile / rowBlocks;
        int channel = rest % channelBlocks * channelsPerTile;
        rest /= channelBlocks;
        int group = rest % g.groups();
        int image = rest / g.groups();
        int count = Math.min(channelsPerTile, channels - channel);
        int top = rowBlock * rowsPerTile;
        int bottom = Math.min(g.inHeight(), top + rowsPerTile);
        Scratch scratch = Scratch.local();
        int plane = (bottom - top) * g.inWidth();
        float[] result = scratch.floats(Slot.LEFT, count * plane);
        Arrays.fill(result, 0, count * plane, 0);
        multiply(inputs[0], image, group, channel, count, top, bottom, result, scratch);
        for (int c = 0; c < count; c++) {
            int number = group * channels + channel + c;
            long element = ((long) image * g.inChannels() + number) * g.inPixels() + (long) top * g.inWidth();
            finish(result, c * plane, plane, number, outputs[0], element, scratch);
        }
    }

    /// Adds what all pixels of x give to rows `top` to `bottom` of the result.
    private void multiply(
            MemorySegment x,
            int image,
            int group,
            int channel,
            int count,
            int top,
            int bottom,
            float[] result,
            Scratch scratch) {
        int steps = g.outChannels() / g.groups();
        int reach = (g.kernelHeight() - 1) * g.dilationHeight();
        int firstRow = Math.max(0, Math.ceilDiv(top + g.padTop() - reach, g.strideHeight()));
        int lastRow = Math.min(g.outHeight() - 1, Math.floorDiv(bottom - 1 + g.padTop(), g.strideHeight()));
        int end = (lastRow + 1) * g.outWidth();
        int rows = count * taps;
        long plane = (long) image * g.outChannels() + (long) group * steps;
        int offset = (group * steps * channels + channel) * taps;
        float[][] sums = scratch.sums(rows, Scratch.COLUMNS);
        for (int pixel = firstRow * g.outWidth(); pixel < end; pixel += Scratch.COLUMNS) {
            int n = Math.min(Scratch.COLUMNS, end - pixel);
            FloatGemm.clear(sums, rows, n);
            for (int from = 0; from < steps; from += FloatGemm.DEPTH) {
                int k = Math.min(FloatGemm.DEPTH, steps - from);
                float[][] panel = scratch.panel(k, n);
                for (int p = 0; p < k; p++) {
                    Loader.FLOAT.load(x, (plane + from + p) * g.outPixels() + pixel, n, 0, panel[p], scratch);
                }
                int at = offset + from * channels * taps;
                FloatGemm.accumulate(sums, rows, weights, at, 1, channels * taps, panel, 0, k, n);
            }
            for (int i = 0; i < rows; i++) {
                int start = i / taps * (bottom - top) * g.inWidth();
                scatter(sums[i], i % taps, pixel, n, top, bottom, result, start);
            }
        }
    }

    /// Adds what one tap gives for consecutive pixels of x.
    private void scatter(float[] sums, int tap, int pixel, int n, int top, int bottom, float[] result, int start) {
        int rowOffset = tap / g.kernelWidth() * g.dilationHeight() - g.padTop();
        int columnOffset = tap % g.kernelWidth() * g.dilationWidth() - g.padLeft();
        int stride = g.strideWidth();
        int row = pixel / g.outWidth();
        int column = pixel % g.outWidth();
        for (int at = 0; at < n; ) {
            int length = Math.min(n - at, g.outWidth() - column);
            int resultRow = row * g.strideHeight() + rowOffset;
            if (resultRow >= top && resultRow < bottom) {
                int base = start + (resultRow - top) * g.inWidth();
                for (int j = 0; j < length; j++) {
                    int resultColumn = (column + j) * stride + columnOffset;
                    if (resultColumn >= 0 && resultColumn < g.inWidth()) {
                        result[base + resultColumn] += sums[at + j];
                    }
                }
            }
            at += length;
            row++;
            column = 0;
        }
    }

    private void finish(
            float[] result, int from, int count, int channel, MemorySegment y, long element, Scratch scratch) {
        float[] values = scratch.floats(Slot.VALUES, Scratch.CHUNK);
        for (int at = 0; at < count; at += Scratch.CHUNK) {
            int n = Math.min(Scratch.CHUNK, count - at);
            System.arraycopy(result, from + at, values, 0, n);
            if (bias != null) {
                float addend = bias[channel];
                for (int j = 0; j < n; j++) {
                    values[j] += addend;
                }
            }
            epilogue.apply(values, n, scratch);
            ElementwiseKernels.store(values, n, y, element + at);
        }
    }
}
