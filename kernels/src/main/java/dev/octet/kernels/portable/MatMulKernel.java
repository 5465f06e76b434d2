package dev.octet.kernels.portable;

import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Matrix products in float, and exact ones of integers, on the loops of [FloatGemm].
///
/// A tile is a block of rows times a block of columns. It reads its rows of A once and B's block of columns, block of
/// steps by block of steps.
final class MatMulKernel implements Kernel {
    /// Tiles worth having, so that eight threads finish together.
    private static final int WANTED_TILES = 16;

    /// A tile smaller than this costs more to hand out than to compute.
    private static final long SMALLEST_TILE = 1 << 16;

    private static final int LARGEST_HEIGHT = 128;

    private final MatMulGeometry geometry;
    private final Blocking blocking;
    private final int[] ends;
    private final Loader left;
    private final int leftZeroPoint;
    private final int leftZeroPointInput;
    private final RightOperand right;
    private final RowStore store;

    private MatMulKernel(
            MatMulGeometry geometry,
            Blocking blocking,
            int[] ends,
            Loader left,
            int leftZeroPoint,
            int leftZeroPointInput,
            RightOperand right,
            RowStore store) {
        this.geometry = geometry;
        this.blocking = blocking;
        this.ends = ends;
        this.left = left;
        this.leftZeroPoint = leftZeroPoint;
        this.leftZeroPointInput = leftZeroPointInput;
        this.right = right;
        this.store = store;
    }

    /// How the result is cut into tiles.
    private record Blocking(int height, int width, int rowBlocks, int columnBlocks) {
        static Blocking of(MatMulGeometry g, int smallestHeight) {
            int width = blockWidth(g.n());
            int columnBlocks = Math.ceilDiv(g.n(), width);
            long others = Math.max(1L, (long) columnBlocks * g.batches());
            int wanted = (int) Math.ceilDiv((long) WANTED_TILES, others);
            long least = Math.max(smallestHeight, SMALLEST_TILE / Math.max(1L, (long) width * g.k()));
            long height = Math.max(Math.ceilDiv(g.m(), wanted), least);
            int rounded = (int) Math.min(LARGEST_HEIGHT, Math.ceilDiv(height, 4L) * 4);
            return new Blocking(rounded, width, Math.ceilDiv(g.m(), rounded), columnBlocks);
        }
    }

    /// Columns of a block when `n` are cut into as few and as equal blocks as possible.
    static int blockWidth(int n) {
        int blocks = Math.max(1, Math.ceilDiv(n, Scratch.COLUMNS));
        return Math.clamp(Math.ceilDiv(Math.ceilDiv(n, blocks), 8) * 8L, 8, Scratch.COLUMNS);
    }

    static Kernel of(KernelSpec.MatMul spec) {
        MatMulGeometry g = spec.geometry();
        Tensor constant = spec.constantB();
        Blocking blocking = Blocking.of(g, constant == null ? 32 : 8);
        RightOperand right =
                constant == null
                        ? new RightOperand.Operand(Loader.FLOAT, 1, null, g, blocking.width, new int[1], -1)
                        : RightOperand.Floats.pack(g, constant, blocking.width);
        Tensor bias = spec.bias();
        int residual = spec.residual() ? constant == null ? 2 : 1 : -1;
        RowStore store =
                new RowStore.OfFloat(
                        spec.alpha(),
                        bias == null ? null : PerChannel.columns(bias.toFloatArray(), blocking.width),
                        residual,
                        Activation.of(spec.epilogue()));
        return new MatMulKernel(g, blocking, ExactBlocks.of(g.k()), Loader.FLOAT, 0, -1, right, store);
    }

    static Kernel of(BlockMatMul spec) {
        MatMulGeometry g = new MatMulGeometry(spec.m(), spec.n(), spec.k(), new long[1], new long[1], false, true);
        Blocking blocking = Blocking.of(g, 32);
        Tensor bias = spec.bias();
        RowStore store =
                new RowStore.OfFloat(
                        1,
                        bias == null ? null : PerChannel.columns(bias.toFloatArray(), blocking.width),
                        -1,
                        Activation.of(spec.epilogue()));
        RightOperand right = new RightOperand.Coded(spec.weights(), blocking.width);
        return new MatMulKernel(g, blocking, ExactBlocks.of(g.k()), Loader.FLOAT, 0, -1, right, store);
    }

    static Kernel of(KernelSpec.IntegerMatMul spec) {
        MatMulGeometry g = spec.geometry();
        Tensor constant = spec.constantB();
        Blocking blocking = Blocking.of(g, 32);
        Integer zeroA = spec.zeroPointA();
        int[] zeroB = spec.zeroPointsB();
        int next = constant == null ? 2 : 1;
        int zeroInputA = zeroA == null ? next++ : -1;
        int zeroInputB = zeroB == null ? next : -1;
        RightOperand right =
                constant != null && zeroB != null
                        ? RightOperand.Bytes.pack(g, constant, zeroB, blocking.width)
                        : operand(spec, blocking.width, zeroInputB);
        return new MatMulKernel(
                g,
                blocking,
                ends(g, spec.typeA(), zeroA, constant, zeroB),
                Loader.of(spec.typeA()),
                zeroA == null ? 0 : zeroA,
                zeroInputA,
                right,
                IntegerStore.columns(spec.bias(), spec.stage(), blocking.width));
    }

    private static RightOperand operand(KernelSpec.IntegerMatMul spec, int width, int zeroPointInput) {
        Tensor constant = spec.constantB();
        int[] zeroPoints = Objects.requireNonNullElse(spec.zeroPointsB(), new int[1]);
        return new RightOperand.Operand(
                Loader.of(spec.typeB()),
                1,
                constant == null ? null : constant.copy().data(),
                spec.geometry(),
                width,
                zeroPoints.clone(),
                zeroPointInput);
    }

    private static int[] ends(
            MatMulGeometry g, DType typeA, @Nullable Integer zeroA, @Nullable Tensor constant, int @Nullable [] zeroB) {
        int largest = largestMagnitude(typeA, zeroA);
        if (constant == null || zeroB == null) {
            return ExactBlocks.of(g.k(), largest, 255);
        }
        ExactBlocks.Builder blocks = new ExactBlocks.Builder(g.n() * g.batches(), g.k(), largest);
        for (int p = 0; p < g.k(); p++) {
            for (int batch = 0; batch < g.batches(); batch++) {
                for (int j = 0; j < g.n(); j++) {
                    long index =
                            g.batchOffsetsB()[batch]
                                    + (g.transB() ? (long) j * g.strideB() + p : (long) p * g.strideB() + j);
                    int weight = (int) constant.getLong(index) - zeroB[zeroB.length == 1 ? 0 : j];
                    blocks.add(batch * g.n() + j, weight);
                }
            }
            blocks.endStep();
        }
        return blocks.ends();
    }

    /// Of an 8-bit operand less its zero point, or less any if it is not known.
    static int largestMagnitude(DType dtype, @Nullable Integer zeroPoint) {
        return zeroPoint == null ? 255 : (int) Math.max(zeroPoint - dtype.minValue(), dtype.maxValue() - zeroPoint);
    }

    @Override
    public int tiles() {
        return Math.max(1, geometry.batches() * blocking.rowBlocks * blocking.columnBlocks);
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (geometry.m() == 0 || geometry.n() == 0 || geometry.batches() == 0) {
            return;
        }
        int rowBlock = tile % blocking.rowBlocks;
        int columnBlock = tile / blocking.rowBlocks % blocking.columnBlocks;
        int batch = tile / blocking.rowBlocks / blocking.columnBlocks;
        int row = rowBlock * blocking.height;
        int rows = Math.min(blocking.height, geometry.m() - row);
        int column = columnBlock * blocking.width;
        int n = Math.min(blocking.width, geometry.n() - column);
        Scratch scratch = Scratch.local();
        float[] a = loadLeft(batch, row, rows, inputs, scratch);
        float[][] sums = scratch.sums(rows, n);
        int[][] carried = multiply(batch, columnBlock, rows, n, a, sums, inputs, scratch);
        for (int i = 0; i < rows; i++) {
            long element = geometry.batchOffsetsC()[batch] + (long) (row + i) * geometry.strideC() + column;
            int[] carriedRow = carried == null ? null : carried[i];
            store.store(sums[i], carriedRow, n, row + i, columnBlock, element, inputs, outputs[0], scratch);
        }
    }

    private int @Nullable [][] multiply(
            int batch,
            int columnBlock,
            int rows,
            int n,
            float[] a,
            float[][] sums,
            MemorySegment[] inputs,
            Scratch scratch) {
        int rowStride = geometry.transA() ? 1 : geometry.k();
        int stepStride = geometry.transA() ? rows : 1;
        FloatGemm.clear(sums, rows, n);
        int[][] carried =
                ends.length == 1 || left == Loader.FLOAT ? null : FloatGemm.clear(scratch.carried(rows), rows, n);
        int from = 0;
        for (int to : ends) {
            if (carried != null && from > 0) {
                FloatGemm.carry(sums, carried, rows, n);
            }
            float[][] panel = right.rows(batch, columnBlock, from, to, inputs, scratch);
            FloatGemm.accumulate(
                    sums, rows, a, from * stepStride, rowStride, stepStride, panel, right.first(from), to - from, n);
            from = to;
        }
        return carried;
    }

    /// Rows of A: `[rows, k]`, or `[k, rows]` if it is transposed.
    private float[] loadLeft(int batch, int row, int rows, MemorySegment[] inputs, Scratch scratch) {
        int k = geometry.k();
        long offset = geometry.batchOffsetsA()[batch];
        float zeroPoint = leftZeroPointInput < 0 ? leftZeroPoint : left.scalar(inputs[leftZeroPointInput], 0);
        float[] a = scratch.floats(Slot.LEFT, rows * k);
        int stride = geometry.strideA();
        if (!geometry.transA() && stride == k) {
            left.load(inputs[0], offset + (long) row * k, rows * k, zeroPoint, a, scratch);
            return a;
        }
        int count = geometry.transA() ? k : rows;
        int length = geometry.transA() ? rows : k;
        long first = offset + (geometry.transA() ? row : (long) row * stride);
        float[] piece = scratch.floats(Slot.RAW, length);
        for (int i = 0; i < count; i++) {
            left.load(inputs[0], first + (long) i * stride, length, zeroPoint, piece, scratch);
            System.arraycopy(piece, 0, a, i * length, length);
        }
        return a;
    }
}
