package dev.octet.kernels.portable;

import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.PackedWeights;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// B of a matrix product, as rows of floats for one block of columns at a time.
sealed interface RightOperand {
    /// Rows that hold, from index [#first] on, the steps `from` to `to` of a block of columns.
    float[][] rows(int batch, int block, int from, int to, MemorySegment[] inputs, Scratch scratch);

    /// Index of step `from` in the rows returned for it.
    default int first(int from) {
        return 0;
    }

    /// All that packing depends on, for a constant B: not on the rows of A.
    record Form(int n, int k, List<Long> offsets, int stride, boolean transposed, int width) {
        static Form of(MatMulGeometry g, int width) {
            List<Long> offsets = Arrays.stream(g.batchOffsetsB()).boxed().toList();
            return new Form(g.n(), g.k(), offsets, g.strideB(), g.transB(), width);
        }
    }

    /// Rows of W in few bits, decoded whenever they are read.
    record Coded(CodedRows weights, int width) implements RightOperand {
        @Override
        public float[][] rows(int batch, int block, int from, int to, MemorySegment[] inputs, Scratch scratch) {
            int start = block * width;
            int columns = Math.min(width, weights.rows() - start);
            float[][] panel = scratch.panel(to - from, columns);
            float[] column = scratch.floats(Slot.RAW, to - from);
            for (int j = 0; j < columns; j++) {
                weights.dequantize(start + j, from, to, column);
                for (int p = 0; p < to - from; p++) {
                    panel[p][j] = column[p];
                }
            }
            return panel;
        }
    }

    /// Constant floats, packed once.
    ///
    /// @param packed `[batch][block][step][column]`; batches with the same matrix share it
    record Floats(float[][][][] packed) implements RightOperand {
        static Floats pack(MatMulGeometry geometry, Tensor b, int width) {
            return PackedWeights.of(b, new FloatsForm(Form.of(geometry, width)), () -> packed(geometry, b, width));
        }

        private record FloatsForm(Form form) {}

        private static Floats packed(MatMulGeometry geometry, Tensor b, int width) {
            Map<Long, float[][][]> byOffset = new HashMap<>();
            float[][][][] packed = new float[geometry.batches()][][][];
            for (int batch = 0; batch < packed.length; batch++) {
                packed[batch] =
                        byOffset.computeIfAbsent(
                                geometry.batchOffsetsB()[batch], offset -> blocks(geometry, b, offset, width));
            }
            return new Floats(packed);
        }

        private static float[][][] blocks(MatMulGeometry geometry, Tensor b, long offset, int width) {
            Scratch scratch = Scratch.local();
            Operand operand = new Operand(Loader.FLOAT, 0, b.data(), geometry, width, new int[1], -1);
            float[][][] blocks = new float[Math.ceilDiv(geometry.n(), width)][geometry.k()][];
            for (int block = 0; block < blocks.length; block++) {
                int columns = Math.min(width, geometry.n() - block * width);
                for (int from = 0; from < geometry.k(); from += FloatGemm.DEPTH) {
                    int to = Math.min(geometry.k(), from + FloatGemm.DEPTH);
                    float[][] rows = operand.load(b.data(), offset, block, from, to, scratch);
                    for (int p = from; p < to; p++) {
                        blocks[block][p] = Arrays.copyOf(rows[p - from], columns);
                    }
                }
            }
            return blocks;
        }

        @Override
        public float[][] rows(int batch, int block, int from, int to, MemorySegment[] inputs, Scratch scratch) {
            return packed[batch][block];
        }

        @Override
        public int first(int from) {
            return from;
        }
    }

    /// Constant bytes, packed once and widened per tile: reading a quarter of the memory costs less than widening does
    /// as soon as a few rows of A share it.
    ///
    /// @param packed `[batch][block][step][column]`, signed
    /// @param zeroPoints of the signed bytes
    record Bytes(byte[][][][] packed, @Nullable PerChannel zeroPoints, int n, int width) implements RightOperand {
        static Bytes pack(MatMulGeometry geometry, Tensor b, int[] zeroPoints, int width) {
            byte[][][][] packed =
                    PackedWeights.of(b, new BytesForm(Form.of(geometry, width)), () -> packed(geometry, b, width));
            int shift = b.dtype() == DType.UINT8 ? 128 : 0;
            float[] subtracted = new float[zeroPoints.length];
            boolean none = true;
            for (int i = 0; i < zeroPoints.length; i++) {
                subtracted[i] = shift - zeroPoints[i];
                none &= subtracted[i] == 0;
            }
            return new Bytes(packed, none ? null : PerChannel.columns(subtracted, width), geometry.n(), width);
        }

        private record BytesForm(Form form) {}

        private static byte[][][][] packed(MatMulGeometry geometry, Tensor b, int width) {
            Map<Long, byte[][][]> byOffset = new HashMap<>();
            byte[][][][] packed = new byte[geometry.batches()][][][];
            for (int batch = 0; batch < packed.length; batch++) {
                packed[batch] =
                        byOffset.computeIfAbsent(
                                geometry.batchOffsetsB()[batch], offset -> blocks(geometry, b, offset, width));
            }
            return packed;
        }

        private static byte[][][] blocks(MatMulGeometry geometry, Tensor b, long offset, int width) {
            int k = geometry.k();
            int n = geometry.n();
            byte flip = (byte) (b.dtype() == DType.UINT8 ? 0x80 : 0);
            int stride = geometry.strideB();
            byte[] matrix = b.data().asSlice(offset).toArray(ValueLayout.JAVA_BYTE);
            byte[][][] blocks = new byte[Math.ceilDiv(n, width)][k][];
            for (int block = 0; block < blocks.length; block++) {
                int start = block * width;
                int columns = Math.min(width, n - start);
                for (int p = 0; p < k; p++) {
                    byte[] row = new byte[columns];
                    for (int j = 0; j < columns; j++) {
                        row[j] =
                                (byte)
                                        (matrix[geometry.transB() ? (start + j) * stride + p : p * stride + start + j]
                                                ^ flip);
                    }
                    blocks[block][p] = row;
                }
            }
            return blocks;
        }

        @Override
        public float[][] rows(int batch, int block, int from, int to, MemorySegment[] inputs, Scratch scratch) {
            int columns = Math.min(width, n - block * width);
            float[][] panel = scratch.panel(to - from, columns);
            byte[][] bytes = packed[batch][block];
            for (int p = from; p < to; p++) {
                widen(bytes[p], panel[p - from], columns);
                if (zeroPoints != null) {
                    zeroPoints.addTo(panel[p - from], columns, 0, block);
                }
            }
            return panel;
        }

        private static void widen(byte[] from, float[] into, int n) {
            for (int j = 0; j < n; j++) {
                into[j] = from[j];
            }
        }
    }

    /// An operand, or zero points, known at run time only: packed per tile.
    ///
    /// @param input index of the operand, unused if it is constant
    /// @param zeroPoints one, or one per column
    /// @param zeroPointInput index of the input that holds the zero points instead, or -1
    record Operand(
            Loader loader,
            int input,
            @Nullable MemorySegment constant,
            MatMulGeometry geometry,
            int width,
            int[] zeroPoints,
            int zeroPointInput)
            implements RightOperand {
        /// Columns that are transposed at a time.
        private static final int STRIP = 4;

        @Override
        public float[][] rows(int batch, int block, int from, int to, MemorySegment[] inputs, Scratch scratch) {
            MemorySegment b = constant == null ? inputs[input] : constant;
            float[][] panel = load(b, geometry.batchOffsetsB()[batch], block, from, to, scratch);
            subtractZeroPoints(panel, block, to - from, inputs);
            return panel;
        }

        private float[][] load(MemorySegment b, long offset, int block, int from, int to, Scratch scratch) {
            int start = block * width;
            int columns = Math.min(width, geometry.n() - start);
            float[][] panel = scratch.panel(to - from, columns);
            if (geometry.transB()) {
                for (int j = 0; j < columns; j += STRIP) {
                    long element = offset + (long) (start + j) * geometry.strideB() + from;
                    transpose(b, element, Math.min(STRIP, columns - j), j, panel, to - from, scratch);
                }
                return panel;
            }
            for (int p = from; p < to; p++) {
                long element = offset + (long) p * geometry.strideB() + start;
                loader.load(b, element, columns, 0, panel[p - from], scratch);
            }
            return panel;
        }

        private void transpose(
                MemorySegment b, long element, int count, int column, float[][] panel, int steps, Scratch scratch) {
            float[] t0 = scratch.floats(Slot.RAW, steps);
            float[] t1 = scratch.floats(Slot.VALUES, steps);
            float[] t2 = scratch.floats(Slot.EXTRA, steps);
            float[] t3 = scratch.floats(Slot.EXPONENTS, steps);
            float[][] strip = {t0, t1, t2, t3};
            for (int j = 0; j < count; j++) {
                loader.load(b, element + (long) j * geometry.strideB(), steps, 0, strip[j], scratch);
            }
            if (count == STRIP) {
                for (int p = 0; p < steps; p++) {
                    float[] row = panel[p];
                    row[column] = t0[p];
                    row[column + 1] = t1[p];
                    row[column + 2] = t2[p];
                    row[column + 3] = t3[p];
                }
                return;
            }
            for (int j = 0; j < count; j++) {
                for (int p = 0; p < steps; p++) {
                    panel[p][column + j] = strip[j][p];
                }
            }
        }

        private void subtractZeroPoints(float[][] panel, int block, int steps, MemorySegment[] inputs) {
            if (loader == Loader.FLOAT) {
                return;
            }
            int start = block * width;
            int columns = Math.min(width, geometry.n() - start);
            float[] subtracted = new float[columns];
            boolean none = true;
            for (int j = 0; j < columns; j++) {
                subtracted[j] = zeroPoint(start + j, inputs);
                none &= subtracted[j] == 0;
            }
            for (int p = 0; p < steps && !none; p++) {
                float[] row = panel[p];
                for (int j = 0; j < columns; j++) {
                    row[j] -= subtracted[j];
                }
            }
        }

        private int zeroPoint(int column, MemorySegment[] inputs) {
            if (zeroPointInput < 0) {
                return zeroPoints[zeroPoints.length == 1 ? 0 : column];
            }
            MemorySegment operand = inputs[zeroPointInput];
            if (operand.byteSize() != 1 && operand.byteSize() != geometry.n()) {
                throw new IllegalArgumentException(
                        "zero points of B: expected 1 or " + geometry.n() + ", found " + operand.byteSize());
            }
            return loader.scalar(operand, operand.byteSize() == 1 ? 0 : column);
        }
    }
}
