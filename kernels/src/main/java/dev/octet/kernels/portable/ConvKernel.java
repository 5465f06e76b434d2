package dev.octet.kernels.portable;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Convolutions of channels-first images in float, and exact ones of integers, as products of the weights with what
/// [Windows] gathers.
///
/// A tile is a block of output pixels times either a block of one group's output channels, or several whole groups.
final class ConvKernel implements Kernel {
    private static final int WANTED_TILES = 16;

    /// Channels that share what was gathered, if there are so many.
    private static final int SMALLEST_HEIGHT = 16;

    private static final int LARGEST_HEIGHT = 128;

    /// A tile smaller than this costs more to hand out than to compute.
    private static final long SMALLEST_TILE = 1 << 16;

    private final ConvGeometry g;
    private final float[] weights;
    private final int[] ends;
    private final boolean integer;
    private final Windows windows;
    private final Loader loader;
    private final int zeroPoint;
    private final int zeroPointInput;
    private final RowStore store;
    private final Blocking blocking;

    /// How the result is cut into tiles.
    ///
    /// @param groups whole groups of a tile; 1 if a group is cut
    /// @param height output channels of a group in a tile
    private record Blocking(int groups, int height, int groupBlocks, int rowBlocks) {
        static Blocking of(ConvGeometry g, Windows windows) {
            int channels = g.outChannels() / g.groups();
            long perRow = Math.max(1, (long) windows.largest() * g.reductionLength());
            long others = Math.max(1L, (long) windows.blocks() * g.batch());
            if (g.groups() > 1 && channels < 2 * SMALLEST_HEIGHT) {
                long wanted = Math.ceilDiv(WANTED_TILES, others);
                long groups = Math.max(g.groups() / wanted, SMALLEST_TILE / (perRow * channels));
                int perTile = Math.clamp(groups, 1, g.groups());
                return new Blocking(perTile, channels, Math.ceilDiv(g.groups(), perTile), 1);
            }
            long wanted = Math.ceilDiv(WANTED_TILES, others * g.groups());
            long least = Math.max(SMALLEST_HEIGHT, SMALLEST_TILE / perRow);
            long height = Math.min(LARGEST_HEIGHT, Math.max(Math.ceilDiv(channels, wanted), least));
            int rounded = (int) Math.ceilDiv(height, 4L) * 4;
            return new Blocking(1, rounded, g.groups(), Math.ceilDiv(channels, rounded));
        }
    }

    /// Columns that a product may have: more if there are few rows to keep.
    private static int limit(ConvGeometry g, int[] ends) {
        boolean small = g.isDepthwise() && ends.length == 1 && g.reductionLength() <= 64;
        return small ? Scratch.WIDE_COLUMNS : Scratch.COLUMNS;
    }

    /// A pointwise convolution has no use for rows: all pixels are one.
    private static ConvGeometry flattened(ConvGeometry g) {
        return g.isPointwise()
                ? new ConvGeometry(
                        g.batch(),
                        g.groups(),
                        g.inChannels(),
                        1,
                        g.inPixels(),
                        g.outChannels(),
                        1,
                        g.outPixels(),
                        1,
                        1,
                        1,
                        1,
                        0,
                        0,
                        1,
                        1)
                : g;
    }

    private ConvKernel(
            ConvGeometry geometry,
            float[] weights,
            int[] ends,
            Loader loader,
            int zeroPoint,
            int zeroPointInput,
            RowStore store) {
        this.g = flattened(geometry);
        this.weights = weights;
        this.ends = ends;
        this.integer = loader != Loader.FLOAT;
        this.windows = new Windows(g, loader, limit(g, ends));
        this.loader = loader;
        this.zeroPoint = zeroPoint;
        this.zeroPointInput = zeroPointInput;
        this.store = store;
        this.blocking = Blocking.of(g, windows);
    }

    static Kernel of(KernelSpec.Conv spec) {
        Tensor bias = spec.bias();
        RowStore store =
                new RowStore.OfFloat(
                        1,
                        bias == null ? null : new PerChannel.Rows(bias.toFloatArray()),
                        spec.residual() ? 1 : -1,
                        Activation.of(spec.epilogue()));
        int[] ends = ExactBlocks.of(spec.geometry().reductionLength());
        Tensor w = spec.weights();
        float[] weights = PackedWeights.of(w, ConvKernel.class, w::toFloatArray);
        return new ConvKernel(spec.geometry(), weights, ends, Loader.FLOAT, 0, -1, store);
    }

    static Kernel of(KernelSpec.IntegerConv spec) {
        ConvGeometry g = spec.geometry();
        int[] zeroPoints = spec.weightZeroPoints();
        int steps = g.reductionLength();
        float[] weights = spec.weights().toFloatArray();
        int largest = MatMulKernel.largestMagnitude(spec.inputType(), spec.inputZeroPoint());
        ExactBlocks.Builder blocks = new ExactBlocks.Builder(g.outChannels(), steps, largest);
        for (int p = 0; p < steps; p++) {
            for (int c = 0; c < g.outChannels(); c++) {
                weights[c * steps + p] -= zeroPoints[zeroPoints.length == 1 ? 0 : c];
                blocks.add(c, (int) weights[c * steps + p]);
            }
            blocks.endStep();
        }
        Integer zeroPoint = spec.inputZeroPoint();
        return new ConvKernel(
                g,
                weights,
                blocks.ends(),
                Loader.of(spec.inputType()),
                zeroPoint == null ? 0 : zeroPoint,
                zeroPoint == null ? 1 : -1,
                IntegerStore.rows(spec.bias(), spec.stage()));
    }

    @Override
    public int tiles() {
        return Math.max(1, g.batch() * blocking.groupBlocks * blocking.rowBlocks * windows.blocks());
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.outputElements() == 0) {
            return;
        }
        int rowBlock = tile % blocking.rowBlocks;
        int rest = tile / blocking.rowBlocks;
        Windows.Block block = windows.block(rest % windows.blocks());
        rest /= windows.blocks();
        int groupBlock = rest % blocking.groupBlocks;
        int image = rest / blocking.groupBlocks;
        int channels = g.outChannels() / g.groups();
        int row = rowBlock * blocking.height;
        int rows = Math.min(blocking.height, channels - row);
        int lastGroup = Math.min(g.groups(), (groupBlock + 1) * blocking.groups);
        Scratch scratch = Scratch.local();
        for (int group = groupBlock * blocking.groups; group < lastGroup; group++) {
            runGroup(image, group, group * channels + row, rows, block, inputs, outputs[0], scratch);
        }
    }

    /// @param channel first output channel, of all groups'
    private void runGroup(
            int image,
            int group,
            int channel,
            int rows,
            Windows.Block block,
            MemorySegment[] inputs,
            MemorySegment output,
            Scratch scratch) {
        float[][] sums = scratch.sums(rows, windows.largest());
        int[][] carried = multiply(image, group, channel, rows, block, sums, inputs, scratch);
        long pixel = (long) block.row() * g.outWidth() + block.column();
        for (int i = 0; i < rows; i++) {
            long element = ((long) image * g.outChannels() + channel + i) * g.outPixels() + pixel;
            int[] carriedRow = carried == null ? null : carried[i];
            int n = windows.compact(block, sums[i]);
            if (carriedRow != null) {
                windows.compact(block, carriedRow);
            }
            store.store(sums[i], carriedRow, n, channel + i, 0, element, inputs, output, scratch);
        }
    }

    private int @Nullable [][] multiply(
            int image,
            int group,
            int channel,
            int rows,
            Windows.Block block,
            float[][] sums,
            MemorySegment[] inputs,
            Scratch scratch) {
        int steps = g.reductionLength();
        long plane = (long) image * g.inChannels() + (long) group * (g.inChannels() / g.groups());
        float zero = zeroPointInput < 0 ? zeroPoint : loader.scalar(inputs[zeroPointInput], 0);
        int n = windows.columns(block);
        FloatGemm.clear(sums, rows, n);
        int[][] carried = integer && ends.length > 1 ? FloatGemm.clear(scratch.carried(rows), rows, n) : null;
        int from = 0;
        for (int to : ends) {
            if (carried != null && from > 0) {
                FloatGemm.carry(sums, carried, rows, n);
            }
            float[][] panel = scratch.panel(to - from, windows.largest());
            windows.gather(inputs[0], plane, from, to, block, zero, panel, scratch);
            FloatGemm.accumulate(sums, rows, weights, channel * steps + from, steps, 1, panel, 0, to - from, n);
            from = to;
        }
        return carried;
    }
}
