package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Convolutions of channels-last images in float, and exact ones of integers: a row is an output pixel, a column an
/// output channel, and a step a tap of the window and an input channel.
///
/// A tile is a block of output pixels times a block of channels. Depthwise, channels are columns side by side that each
/// have weights of their own, and a step is a tap.
final class ChannelsLastConvKernel implements Kernel {
    private static final int WANTED_TILES = 16;

    private final ConvGeometry g;
    private final ChannelsLast cut;
    private final float[][][] weights;
    private final int[] ends;
    private final boolean integer;
    private final Loader loader;
    private final int zeroPoint;
    private final int zeroPointInput;
    private final RowStore store;
    private final int height;
    private final int pixelBlocks;

    /// @param weights `[block][step][column]`
    /// @param ends of blocks of steps
    private ChannelsLastConvKernel(
            ConvGeometry geometry,
            ChannelsLast cut,
            float[][][] weights,
            int[] ends,
            Loader loader,
            int zeroPoint,
            int zeroPointInput,
            RowStore store) {
        this.g = geometry;
        this.cut = cut;
        this.weights = weights;
        this.ends = ends;
        this.integer = loader != Loader.FLOAT;
        this.loader = loader;
        this.zeroPoint = zeroPoint;
        this.zeroPointInput = zeroPointInput;
        this.store = store;
        long wanted = Math.ceilDiv((long) g.batch() * cut.blocks() * g.outPixels(), WANTED_TILES);
        this.height = Math.clamp(wanted, 4, ChannelsLast.pixels(g.reductionLength()));
        this.pixelBlocks = Math.ceilDiv(g.outPixels(), height);
    }

    static Kernel of(KernelSpec.Conv spec) {
        ConvGeometry g = spec.geometry();
        ChannelsLast cut = cut(g);
        Tensor bias = spec.bias();
        RowStore store =
                new RowStore.OfFloat(
                        1,
                        bias == null ? null : PerChannel.columns(bias.toFloatArray(), cut.width()),
                        spec.residual() ? 1 : -1,
                        Activation.of(spec.epilogue()));
        float[][][] weights = pack(g, cut, spec.weights().toFloatArray());
        int[] ends = ExactBlocks.of(g.reductionLength());
        return new ChannelsLastConvKernel(g, cut, weights, ends, Loader.FLOAT, 0, -1, store);
    }

    static Kernel of(KernelSpec.IntegerConv spec) {
        ConvGeometry g = spec.geometry();
        ChannelsLast cut = cut(g);
        float[] weights = spec.weights().toFloatArray();
        int[] zeroPoints = spec.weightZeroPoints();
        for (int i = 0; i < weights.length; i++) {
            weights[i] -= zeroPoints[zeroPoints.length == 1 ? 0 : i / g.reductionLength()];
        }
        float[][][] packed = pack(g, cut, weights);
        Integer zeroPoint = spec.inputZeroPoint();
        return new ChannelsLastConvKernel(
                g,
                cut,
                packed,
                exactEnds(g, packed, MatMulKernel.largestMagnitude(spec.inputType(), zeroPoint)),
                Loader.of(spec.inputType()),
                zeroPoint == null ? 0 : zeroPoint,
                zeroPoint == null ? 1 : -1,
                IntegerStore.columns(spec.bias(), spec.stage(), cut.width()));
    }

    private static ChannelsLast cut(ConvGeometry g) {
        return ChannelsLast.of(g.outChannels(), g.isDepthwise() ? 1 : g.groups());
    }

    private static float[][][] pack(ConvGeometry g, ChannelsLast cut, float[] weights) {
        int steps = g.reductionLength();
        int taps = g.kernelHeight() * g.kernelWidth();
        int perGroup = g.inChannels() / g.groups();
        float[][][] packed = new float[cut.blocks()][steps][];
        for (int block = 0; block < packed.length; block++) {
            for (int p = 0; p < steps; p++) {
                float[] row = new float[cut.columns(block, g.outChannels())];
                int step = p % perGroup * taps + p / perGroup;
                for (int j = 0; j < row.length; j++) {
                    row[j] = weights[(block * cut.width() + j) * steps + step];
                }
                packed[block][p] = row;
            }
        }
        return packed;
    }

    private static int[] exactEnds(ConvGeometry g, float[][][] packed, int largest) {
        ExactBlocks.Builder blocks = new ExactBlocks.Builder(g.outChannels(), g.reductionLength(), largest);
        for (int p = 0; p < g.reductionLength(); p++) {
            int channel = 0;
            for (float[][] block : packed) {
                for (float weight : block[p]) {
                    blocks.add(channel++, (int) weight);
                }
            }
            blocks.endStep();
        }
        return blocks.ends();
    }

    @Override
    public int tiles() {
        return Math.max(1, g.batch() * pixelBlocks * cut.blocks());
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.outputElements() == 0) {
            return;
        }
        int block = tile % cut.blocks();
        int rest = tile / cut.blocks();
        int pixel = rest % pixelBlocks * height;
        int image = rest / pixelBlocks;
        int rows = Math.min(height, g.outPixels() - pixel);
        Scratch scratch = Scratch.local();
        int n = cut.columns(block, g.outChannels());
        float[][] sums = scratch.sums(rows, n);
        float zero = zeroPointInput < 0 ? zeroPoint : loader.scalar(inputs[zeroPointInput], 0);
        int[][] carried = multiply(inputs[0], image, pixel, rows, block, zero, sums, scratch);
        long element = ((long) image * g.outPixels() + pixel) * g.outChannels() + (long) block * cut.width();
        for (int i = 0; i < rows; i++) {
            int[] carriedRow = carried == null ? null : carried[i];
            store.store(sums[i], carriedRow, n, 0, block, element, inputs, outputs[0], scratch);
            element += g.outChannels();
        }
    }

    private int @Nullable [][] multiply(
            MemorySegment x, int image, int pixel, int rows, int block, float zero, float[][] sums, Scratch scratch) {
        int steps = g.reductionLength();
        int n = cut.columns(block, g.outChannels());
        FloatGemm.clear(sums, rows, n);
        int[][] carried = integer && ends.length > 1 ? FloatGemm.clear(scratch.carried(rows), rows, n) : null;
        boolean depthwise = g.isDepthwise();
        float[] a = scratch.floats(Slot.LEFT, rows * steps);
        if (!depthwise) {
            gather(x, image, cut.group(block), pixel, rows, zero, a, scratch);
        }
        int from = 0;
        for (int to : ends) {
            if (carried != null && from > 0) {
                FloatGemm.carry(sums, carried, rows, n);
            }
            if (depthwise) {
                accumulateTaps(x, image, pixel, rows, block, from, to, zero, sums, scratch);
            } else {
                FloatGemm.accumulate(sums, rows, a, from, steps, 1, weights[block], from, to - from, n);
            }
            from = to;
        }
        return carried;
    }

    /// Fills `a` with what the windows of consecutive output pixels see, padding being zero.
    private void gather(
            MemorySegment x, int image, int group, int pixel, int rows, float zero, float[] a, Scratch scratch) {
        Arrays.fill(a, 0, rows * g.reductionLength(), 0);
        for (int i = 0; i < rows; ) {
            int column = (pixel + i) % g.outWidth();
            int count = Math.min(rows - i, g.outWidth() - column);
            for (int kh = 0; kh < g.kernelHeight(); kh++) {
                int row = inputRow((pixel + i) / g.outWidth(), kh);
                if (row >= 0 && row < g.inHeight()) {
                    gatherRow(x, image, group, row, kh, column, count, i, zero, a, scratch);
                }
            }
            i += count;
        }
    }

    private void gatherRow(
            MemorySegment x,
            int image,
            int group,
            int row,
            int kh,
            int column,
            int count,
            int at,
            float zero,
            float[] a,
            Scratch scratch) {
        int channels = g.inChannels() / g.groups();
        int begin = Math.clamp(inputColumn(column, 0), 0, g.inWidth());
        int end = Math.clamp(inputColumn(column + count - 1, g.kernelWidth() - 1) + 1L, begin, g.inWidth());
        int length = (end - begin) * g.inChannels();
        float[] raw = scratch.floats(Slot.RAW, length);
        loader.load(x, g.inputIndex(image, 0, row, begin), length, zero, raw, scratch);
        for (int j = 0; j < count; j++) {
            int to = (at + j) * g.reductionLength() + kh * g.kernelWidth() * channels;
            for (int kw = 0; kw < g.kernelWidth(); kw++) {
                int source = inputColumn(column + j, kw);
                if (source >= begin && source < end) {
                    int start = (source - begin) * g.inChannels() + group * channels;
                    System.arraycopy(raw, start, a, to + kw * channels, channels);
                }
            }
        }
    }

    private void accumulateTaps(
            MemorySegment x,
            int image,
            int pixel,
            int rows,
            int block,
            int from,
            int to,
            float zero,
            float[][] sums,
            Scratch scratch) {
        int n = cut.columns(block, g.outChannels());
        float[] values = scratch.floats(Slot.RAW, n);
        for (int i = 0; i < rows; i++) {
            for (int tap = from; tap < to; tap++) {
                int row = inputRow((pixel + i) / g.outWidth(), tap / g.kernelWidth());
                int column = inputColumn((pixel + i) % g.outWidth(), tap % g.kernelWidth());
                if (row >= 0 && column >= 0 && row < g.inHeight() && column < g.inWidth()) {
                    loader.load(x, g.inputIndex(image, block * cut.width(), row, column), n, zero, values, scratch);
                    multiplyAdd(sums[i], weights[block][tap], values, n);
                }
            }
        }
    }

    private static void multiplyAdd(float[] sums, float[] weights, float[] values, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = Math.fma(weights[j], values[j], sums[j]);
        }
    }

    private int inputRow(int outRow, int kh) {
        return outRow * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
    }

    private int inputColumn(int outColumn, int kw) {
        return outColumn * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
    }
}
