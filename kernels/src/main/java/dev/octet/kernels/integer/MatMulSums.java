package dev.octet.kernels.integer;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// INT32 sums of matrix products, four rows at a time. B is unpacked once where it is constant, and for each tile where
/// it is an operand.
final class MatMulSums implements Kernel {
    /// Rows of a tile.
    private static final int TILE = 32;

    private final MatMulGeometry g;
    private final DType typeA;
    private final DType typeB;
    private final int zeroPointA;
    private final int[] zeroPointsB;

    /// `[k][n]` less its zero points, or null where B is an operand.
    private final int @Nullable [] constant;

    private MatMulSums(KernelSpec.IntegerMatMul spec) {
        g = spec.geometry();
        typeA = spec.typeA();
        typeB = spec.typeB();
        zeroPointA = Objects.requireNonNull(spec.zeroPointA());
        zeroPointsB = Objects.requireNonNull(spec.zeroPointsB()).clone();
        constant =
                spec.constantB() == null
                        ? null
                        : unpack(spec.constantB().data(), 0, new int[Math.multiplyExact(g.k(), g.n())]);
    }

    /// Whether this computes the product.
    static boolean accepts(KernelSpec.IntegerMatMul spec) {
        return spec.zeroPointA() != null && spec.zeroPointsB() != null && spec.bias() == null;
    }

    static Kernel of(KernelSpec.IntegerMatMul spec) {
        return new MatMulSums(spec);
    }

    private int[] unpack(MemorySegment b, long offset, int[] to) {
        for (int k = 0; k < g.k(); k++) {
            for (int n = 0; n < g.n(); n++) {
                long at = g.transB() ? (long) n * g.strideB() + k : (long) k * g.strideB() + n;
                int zero = zeroPointsB[zeroPointsB.length == 1 ? 0 : n];
                to[k * g.n() + n] = Rows.get(b, typeB, offset + at) - zero;
            }
        }
        return to;
    }

    private int tilesPerBatch() {
        return Math.max(1, Math.ceilDiv(g.m(), TILE));
    }

    @Override
    public int tiles() {
        return Math.max(1, Math.multiplyExact(g.batches(), tilesPerBatch()));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (g.batches() == 0 || g.n() == 0) {
            return;
        }
        int batch = tile / tilesPerBatch();
        int start = tile % tilesPerBatch() * TILE;
        Rows rows = Rows.local();
        int[] right =
                constant != null ? constant : unpack(inputs[1], g.batchOffsetsB()[batch], rows.right(g.k() * g.n()));
        int[] left = rows.left(Product.ROWS * g.k());
        int[] sums = rows.sums(Product.ROWS * g.n());
        int end = Math.min(g.m(), start + TILE);
        for (int row = start; row < end; row += Product.ROWS) {
            int count = Math.min(Product.ROWS, end - row);
            for (int r = 0; r < count; r++) {
                loadRow(inputs[0], g.batchOffsetsA()[batch], row + r, left, r * g.k(), rows);
            }
            Product.multiply(left, right, 0, count, g.k(), g.n(), sums);
            for (int r = 0; r < count; r++) {
                long at = g.batchOffsetsC()[batch] + (long) (row + r) * g.strideC();
                MemorySegment.copy(sums, r * g.n(), outputs[0], JAVA_INT_UNALIGNED, 4 * at, g.n());
            }
        }
    }

    private void loadRow(MemorySegment a, long offset, int row, int[] to, int at, Rows rows) {
        if (!g.transA()) {
            rows.load(a, typeA, offset + (long) row * g.strideA(), g.k(), zeroPointA, to, at);
            return;
        }
        for (int k = 0; k < g.k(); k++) {
            to[at + k] = Rows.get(a, typeA, offset + (long) k * g.strideA() + row) - zeroPointA;
        }
    }
}
