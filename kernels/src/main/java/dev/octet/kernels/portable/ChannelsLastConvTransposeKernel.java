package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Transposed convolution of channels-last images: for each tap, the product of pixels of x with the tap's weights is
/// added where the tap points.
///
/// A tile is a block of channels times some rows of the result. Words as in the forward convolution: the geometry's
/// input is the result here.
final class ChannelsLastConvTransposeKernel implements Kernel {
    private static final int WANTED_TILES = 16;

    private final ConvGeometry g;
    private final ChannelsLast cut;
    private final float[][][][] weights;
    private final @Nullable PerChannel bias;
    private final Activation epilogue;
    private final int rowsPerTile;
    private final int rowBlocks;

    ChannelsLastConvTransposeKernel(KernelSpec.ConvTranspose spec) {
        this.g = spec.geometry();
        this.cut = ChannelsLast.of(g.inChannels(), g.groups());
        this.weights = pack(g, cut, spec.weights().toFloatArray());
        Tensor addends = spec.bias();
        this.bias = addends == null ? null : PerChannel.columns(addends.toFloatArray(), cut.width());
        this.epilogue = Activation.of(spec.epilogue());
        int wanted = Math.ceilDiv(WANTED_TILES, Math.max(1, g.batch() * cut.blocks()));
        int window = (g.kernelHeight() - 1) * g.dilationHeight() + 1;
        // Rows at the seam of two tiles are computed by both, so a tile has several windows' worth of them.
        this.rowsPerTile = Math.max(Math.ceilDiv(g.inHeight(), wanted), 4 * window);
        this.rowBlocks = Math.ceilDiv(g.inHeight(), rowsPerTile);
    }

    /// `[block][tap][step][column]`.
    private static float[][][][] pack(ConvGeometry g, ChannelsLast cut, float[] weights) {
        int taps = g.kernelHeight() * g.kernelWidth();
        int steps = g.outChannels() / g.groups();
        float[][][][] packed = new float[cut.blocks()][taps][steps][];
        for (int block = 0; block < packed.length; block++) {
            int channel = block * cut.width() % cut.perGroup();
            for (int tap = 0; tap < taps; tap++) {
                for (int p = 0; p < steps; p++) {
                    float[] row = new float[cut.columns(block, g.inChannels())];
                    int first = ((cut.group(block) * steps + p) * cut.perGroup() + channel) * taps + tap;
                    for (int j = 0; j < row.length; j++) {
                        row[j] = weights[first + j * taps];
                    }
                    packed[block][tap][p] = row;
                }
            }
        }
        return packed;
    }

    @Override
    public int tiles() {
        return Math.max(1, g.batch() * cut.blocks() * rowBlocks);
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.inputElements() == 0) {
            return;
        }
        int top = tile % rowBlocks * rowsPerTile;
        int bottom = Math.min(g.inHeight(), top + rowsPerTile);
        int block = tile / rowBlocks % cut.blocks();
        int image = tile / rowBlocks / cut.blocks();
        int n = cut.columns(block, g.inChannels());
        int length = (bottom - top) * g.inWidth() * n;
        Scratch scratch = Scratch.local();
        float[] result = scratch.floats(Slot.TEMPORARY, length);
        Arrays.fill(result, 0, length, 0);
        multiply(inputs[0], image, block, top, bottom, result, scratch);
        float[] values = scratch.floats(Slot.VALUES, n);
        for (int at = 0; at < length; at += n) {
            System.arraycopy(result, at, values, 0, n);
            if (bias != null) {
                bias.addTo(values, n, 0, block);
            }
            epilogue.apply(values, n, scratch);
            int pixel = at / n;
            int row = top + pixel / g.inWidth();
            long element = g.inputIndex(image, block * cut.width(), row, pixel % g.inWidth());
            ElementwiseKernels.store(values, n, outputs[0], element);
        }
    }

    /// Adds what all pixels of x give to rows `top` to `bottom` of the result.
    private void multiply(MemorySegment x, int image, int block, int top, int bottom, float[] result, Scratch scratch) {
        int reach = (g.kernelHeight() - 1) * g.dilationHeight();
        int firstRow = Math.max(0, Math.ceilDiv(top + g.padTop() - reach, g.strideHeight()));
        int lastRow = Math.min(g.outHeight() - 1, Math.floorDiv(bottom - 1 + g.padTop(), g.strideHeight()));
        int end = (lastRow + 1) * g.outWidth();
        int steps = g.outChannels() / g.groups();
        int n = cut.columns(block, g.inChannels());
        int height = ChannelsLast.pixels(steps);
        float[][] sums = scratch.sums(height, n);
        for (int pixel = firstRow * g.outWidth(); pixel < end; pixel += height) {
            int rows = Math.min(height, end - pixel);
            float[] a = gather(x, image, cut.group(block) * steps, pixel, rows, steps, scratch);
            for (int tap = 0; tap < weights[block].length; tap++) {
                FloatGemm.clear(sums, rows, n);
                FloatGemm.accumulate(sums, rows, a, 0, steps, 1, weights[block][tap], 0, steps, n);
                scatter(sums, tap, pixel, rows, top, bottom, n, result);
            }
        }
    }

    /// Channels `channel` to `channel + steps` of consecutive pixels of x.
    private float[] gather(MemorySegment x, int image, int channel, int pixel, int rows, int steps, Scratch scratch) {
        float[] a = scratch.floats(Slot.LEFT, rows * steps);
        long element = ((long) image * g.outPixels() + pixel) * g.outChannels() + channel;
        if (steps == g.outChannels()) {
            Loader.FLOAT.load(x, element, rows * steps, 0, a, scratch);
            return a;
        }
        float[] raw = scratch.floats(Slot.RAW, steps);
        for (int i = 0; i < rows; i++) {
            Loader.FLOAT.load(x, element + (long) i * g.outChannels(), steps, 0, raw, scratch);
            System.arraycopy(raw, 0, a, i * steps, steps);
        }
        return a;
    }

    /// Adds what one tap gives for consecutive pixels of x.
    private void scatter(float[][] sums, int tap, int pixel, int rows, int top, int bottom, int n, float[] result) {
        int rowOffset = tap / g.kernelWidth() * g.dilationHeight() - g.padTop();
        int columnOffset = tap % g.kernelWidth() * g.dilationWidth() - g.padLeft();
        for (int i = 0; i < rows; i++) {
            int row = (pixel + i) / g.outWidth() * g.strideHeight() + rowOffset;
            int column = (pixel + i) % g.outWidth() * g.strideWidth() + columnOffset;
            if (row >= top && row < bottom && column >= 0 && column < g.inWidth()) {
                int to = ((row - top) * g.inWidth() + column) * n;
                float[] values = sums[i];
                for (int j = 0; j < n; j++) {
                    result[to + j] += values[j];
                }
            }
        }
    }
}
