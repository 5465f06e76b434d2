package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Pooling of channels-last images, output pixel by output pixel, all channels side by side.
final class ChannelsLastPoolKernel implements Kernel {
    /// Input elements that the windows of a tile cover.
    private static final int TILE = 1 << 15;

    private final ConvGeometry g;
    private final PooledCells pooled;
    private final Loader loader;
    private final int pixels;
    private final int pixelsPerTile;

    ChannelsLastPoolKernel(KernelSpec.Pool spec) {
        this.g = spec.geometry();
        this.pooled = PooledCells.of(spec);
        this.loader = Loader.of(spec.dtype());
        this.pixels = g.batch() * g.outPixels();
        this.pixelsPerTile = Math.max(1, TILE / (g.inChannels() * g.kernelHeight() * g.kernelWidth()));
    }

    @Override
    public int tiles() {
        return Math.max(1, Math.ceilDiv(pixels, pixelsPerTile));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.outputElements() == 0) {
            return;
        }
        Scratch scratch = Scratch.local();
        int channels = g.outChannels();
        int end = (int) Math.min(pixels, (tile + 1L) * pixelsPerTile);
        for (int pixel = tile * pixelsPerTile; pixel < end; pixel++) {
            float[] results = scratch.floats(Slot.VALUES, channels);
            int valid = combine(inputs[0], pixel, results, scratch);
            for (int c = 0; c < channels; c++) {
                results[c] = pooled.finish(results[c], valid);
            }
            pooled.store(results, channels, outputs[0], (long) pixel * channels, scratch);
        }
    }

    /// @return number of cells inside the input
    private int combine(MemorySegment x, int pixel, float[] results, Scratch scratch) {
        int channels = g.inChannels();
        int top = pixel / g.outWidth() % g.outHeight() * g.strideHeight() - g.padTop();
        int left = pixel % g.outWidth() * g.strideWidth() - g.padLeft();
        float[] cells = scratch.floats(Slot.RAW, channels);
        Arrays.fill(results, 0, channels, pooled.start());
        int valid = 0;
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            int row = top + kh * g.dilationHeight();
            for (int kw = 0; kw < g.kernelWidth() && row >= 0 && row < g.inHeight(); kw++) {
                int column = left + kw * g.dilationWidth();
                if (column >= 0 && column < g.inWidth()) {
                    long element = g.inputIndex(pixel / g.outPixels(), 0, row, column);
                    loader.load(x, element, channels, 0, cells, scratch);
                    pooled.add(results, cells, channels);
                    valid++;
                }
            }
        }
        return valid;
    }
}
