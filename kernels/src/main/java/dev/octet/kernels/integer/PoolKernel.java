package dev.octet.kernels.integer;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.quant.FixedPoint;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;

/// The largest element or the mean of each window, in any layout; padding does not count.
///
/// @param average whether results are means
/// @param min smallest result
record PoolKernel(ConvGeometry g, DType dtype, boolean average, int min, int max) implements Kernel {
    /// Rows of a tile.
    private static final int TILE = 4;

    private long rows() {
        return (long) g.batch() * g.outChannels() * g.outHeight();
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(rows(), TILE)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long end = Math.min(rows(), (tile + 1L) * TILE);
        for (long at = (long) tile * TILE; at < end; at++) {
            int row = (int) (at % g.outHeight());
            int channel = (int) (at / g.outHeight() % g.outChannels());
            int image = (int) (at / g.outHeight() / g.outChannels());
            for (int column = 0; column < g.outWidth(); column++) {
                int y = window(inputs[0], image, channel, row, column);
                Rows.set(outputs[0], g.outputIndex(image, channel, row, column), y);
            }
        }
    }

    private int window(MemorySegment x, int image, int channel, int row, int column) {
        int sum = 0;
        int count = 0;
        int largest = dtype == DType.UINT8 ? 0 : Byte.MIN_VALUE;
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            int i = row * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
            for (int kw = 0; kw < g.kernelWidth() && i >= 0 && i < g.inHeight(); kw++) {
                int j = column * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
                if (j >= 0 && j < g.inWidth()) {
                    int value = Rows.get(x, dtype, g.inputIndex(image, channel, i, j));
                    sum += value;
                    count++;
                    largest = Math.max(largest, value);
                }
            }
        }
        return Math.clamp(average ? FixedPoint.mean(sum, count) : largest, min, max);
    }
}
